// Types of html.js, from those of its packages.
import type { VNode } from "preact";

export { h, render } from "preact";
export * from "preact/hooks";
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode;
/** An element's ref is filled when it is drawn: before any effect or handler looks at it. */
export function useRef<T>(initial?: T | null): { current: T };
