// What the page's modules are made of: Preact, its hooks, and tagged templates in place of JSX.

import htm from "htm";
import { h } from "preact";

export { h, render } from "preact";
export * from "preact/hooks";
export const html = htm.bind(h);
