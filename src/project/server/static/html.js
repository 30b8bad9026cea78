// What views are made of: Preact with tagged templates in place of JSX.
import { h } from "preact";
import htm from "./vendor/htm.js";

export * from "preact";
export * from "./vendor/preact-hooks.js";
export const html = htm.bind(h);
