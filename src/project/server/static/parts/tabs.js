// Several panels in one place; the address names the one that is shown.
import { html, useLayoutEffect, useRef } from "../vendor/html.js";
import { setQuery } from "../router.js";

const MARGIN = 16;
const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** `tabs`: [{id, title, count, panel: () => vnode}]; `shown`: the id from the address, if any. */
export function Tabs({ tabs, shown, label }) {
  const list = useRef();
  const current = tabs.find((tab) => tab.id === shown) ?? tabs[0];
  useLayoutEffect(() => {
    const tab = list.current.querySelector(`#tab-${current.id}`);
    list.current.scrollLeft = tab.offsetLeft - list.current.offsetLeft - MARGIN;
  }, [current.id]);
  const choose = (tab) => setQuery({ tab: tab === tabs[0] ? null : tab.id });
  const move = (event) => {
    const next = neighbour(tabs, tabs.indexOf(current), event.key);
    if (!next) return;
    event.preventDefault();
    choose(next);
    list.current.querySelector(`#tab-${next.id}`).focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${label} ref=${list} onKeyDown=${move}>
      ${tabs.map((tab) => html`<${Tab} key=${tab.id} tab=${tab} isShown=${tab === current} onChoose=${choose} />`)}
    </div>
    <section class="tab-panel" role="tabpanel" id="panel" aria-labelledby="tab-${current.id}" key=${current.id}>
      ${current.panel()}
    </section>`;
}

function Tab({ tab, isShown, onChoose }) {
  return html`<button
    type="button" role="tab" id="tab-${tab.id}" aria-selected=${String(isShown)} aria-controls="panel"
    tabindex=${isShown ? 0 : -1} onClick=${() => onChoose(tab)}
  >${tab.title}${tab.count > 0 && html` <span class="tab-count">${tab.count.toLocaleString()}</span>`}</button>`;
}

function neighbour(tabs, position, key) {
  if (key === "Home") return tabs[0];
  if (key === "End") return tabs.at(-1);
  return key in STEPS ? tabs.at((position + STEPS[key]) % tabs.length) : null;
}
