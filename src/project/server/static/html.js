// What views are made of: Preact with tagged templates in place of JSX.
export * from "./vendor/htm-preact.js";
