// Where the focus goes when the element that has it goes away: a browser would begin again at the top of the page.

/**
 * Moves the focus to a heading, or to the group around a button that goes away: the Tab key goes on from there.
 * @param {Element | null} element
 */
export function focusOn(element) {
  const target = /** @type {HTMLElement | null} */ (element);
  if (!target) return;
  if (target.tabIndex < 0) target.tabIndex = -1; // only with the attribute can it have the focus
  target.focus({ preventScroll: true });
}
