// Markdown as elements of the page. HTML in it is shown as text, and only web addresses become links.
import { html } from "../vendor/html.js";
import { lexer } from "../vendor/marked.esm.js";

/** @typedef {import("../vendor/marked.esm.js").Token} Token */

const WEB_ADDRESS = /^https?:\/\//i;
// The heading of the view is the first level, that of an artifact would be the second.
const FIRST_LEVEL = 2;

/** @param {{ text: string }} props */
export function Markdown({ text }) {
  return html`<div class="markdown">${draw(lexer(text))}</div>`;
}

/**
 * @param {Token[] | undefined} tokens
 * @returns {unknown}
 */
function draw(tokens = []) {
  return tokens.map((token) => (DRAWERS[token.type] ?? asText)(token));
}

/** @type {Record<string, (token: any) => unknown>} */
const DRAWERS = {
  space: () => null,
  def: () => null,
  hr: () => html`<hr />`,
  br: () => html`<br />`,
  heading: ({ depth, tokens }) => {
    const Heading = `h${Math.min(depth + FIRST_LEVEL, 6)}`;
    return html`<${Heading}>${draw(tokens)}<//>`;
  },
  paragraph: ({ tokens }) => html`<p>${draw(tokens)}</p>`,
  text: (token) => (token.tokens ? draw(token.tokens) : asText(token)),
  strong: ({ tokens }) => html`<strong>${draw(tokens)}</strong>`,
  em: ({ tokens }) => html`<em>${draw(tokens)}</em>`,
  del: ({ tokens }) => html`<del>${draw(tokens)}</del>`,
  code: ({ text }) => html`<pre tabindex="0"><code>${text}</code></pre>`,
  codespan: ({ text }) => html`<code>${text}</code>`,
  blockquote: ({ tokens }) => html`<blockquote>${draw(tokens)}</blockquote>`,
  checkbox: ({ checked }) =>
    html`<input type="checkbox" checked=${checked} disabled aria-label=${checked ? "done" : "to do"} />`,
  list: ({ ordered, start, items }) => {
    const drawn = items.map((/** @type {{ tokens: Token[] }} */ item) => html`<li>${draw(item.tokens)}</li>`);
    return ordered ? html`<ol start=${start}>${drawn}</ol>` : html`<ul>${drawn}</ul>`;
  },
  table: ({ header, rows }) => html`<div class="scroll" tabindex="0"><table class="table">
    <thead><tr>${header.map(cell("th"))}</tr></thead>
    <tbody>${rows.map((/** @type {any[]} */ row) => html`<tr>${row.map(cell("td"))}</tr>`)}</tbody>
  </table></div>`,
  link: ({ href, tokens }) => link(href, draw(tokens)),
  // Nothing is loaded from other hosts: an image is a link to it.
  image: ({ href, text }) => link(href, text || href),
};

/** @param {"th" | "td"} Cell */
function cell(Cell) {
  return (/** @type {{ tokens: Token[] }} */ { tokens }) => html`<${Cell}>${draw(tokens)}<//>`;
}

/**
 * @param {string} address
 * @param {unknown} words
 */
function link(address, words) {
  if (!WEB_ADDRESS.test(address)) return words;
  return html`<a href=${address} target="_blank" rel="noopener noreferrer">${words}</a>`;
}

/** @param {Token} token */
function asText(token) {
  return "text" in token && token.type !== "html" ? token.text : token.raw;
}
