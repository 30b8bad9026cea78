// Several panels in one place; the address names the one that is shown.
import { html, useLayoutEffect, useRef } from "../vendor/html.js";
import { setQuery } from "./router.js";

const MARGIN_PIXELS = 16;
/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/**
 * `shown`: the id from the address, if any.
 * @param {{ tabs: Tab[], shown: string | null, label: string }} props
 */
export function Tabs({ tabs, shown, label }) {
  /** @type {Ref<HTMLElement>} */
  const list = useRef();
  const current = tabs.find((tab) => tab.id === shown) ?? tabs[0];
  const elementOf = (/** @type {Tab} */ tab) =>
    /** @type {HTMLElement} */ (list.current.querySelector(`#tab-${tab.id}`));
  useLayoutEffect(() => {
    list.current.scrollLeft = elementOf(current).offsetLeft - list.current.offsetLeft - MARGIN_PIXELS;
  }, [current.id]);
  const select = (/** @type {Tab} */ tab, { replace = false } = {}) =>
    setQuery({ tab: tab === tabs[0] ? null : tab.id }, { replace });
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const next = tabForKey(event.key, tabs, current);
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    select(next, { replace: true }); // or else Back would go through all that the keys have passed
    elementOf(next).focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>
      ${tabs.map((tab) => html`<${TabButton} key=${tab.id} tab=${tab} isShown=${tab === current} onSelect=${select} />`)}
    </div>
    <section class="tab-panel" role="tabpanel" id="panel" aria-labelledby="tab-${current.id}" key=${current.id}>
      ${current.panel()}
    </section>`;
}

/** @param {{ tab: Tab, isShown: boolean, onSelect: (tab: Tab) => void }} props */
function TabButton({ tab, isShown, onSelect }) {
  const count = tab.count ?? 0;
  return html`<button
    type="button" role="tab" id="tab-${tab.id}" aria-selected=${String(isShown)} aria-controls="panel"
    tabindex=${isShown ? 0 : -1} onClick=${() => isShown || onSelect(tab)}
  >${tab.title}${count > 0 && html` <span class="tab-count">${count.toLocaleString()}</span>`}</button>`;
}

/**
 * @param {string} key
 * @param {Tab[]} tabs
 * @param {Tab} current
 */
function tabForKey(key, tabs, current) {
  if (key === "Home") return tabs[0];
  if (key === "End") return tabs.at(-1);
  return key in STEPS ? tabs.at((tabs.indexOf(current) + STEPS[key]) % tabs.length) : null;
}
