// A question that must be answered before anything else, in the browser's own dialog.
import { html, useEffect, useRef, useState } from "../vendor/html.js";
import { focusOn } from "./focus.js";

/**
 * If `onConfirm(FormData)` fails, the dialog stays open and shows why. It also stays open while that works, so that no
 * error is lost: Back and Escape then call `onStop`, if what is done has several parts.
 * @param {{
 *   title: string, confirm: string, isDangerous?: boolean, isDisabled?: boolean, children: any,
 *   onConfirm: (form: FormData) => Promise<void>, onClose: () => void, onStop?: () => void,
 * }} props
 */
export function Dialog({ title, confirm, isDangerous, isDisabled = false, onConfirm, onClose, onStop, children }) {
  /** @type {Ref<HTMLDialogElement>} */
  const dialog = useRef();
  const [{ isBusy, problem }, setProgress] = useState({ isBusy: false, problem: "" });
  const isWorking = useRef(false);
  const begin = (/** @type {boolean} */ isNowBusy, newProblem = "") => {
    isWorking.current = isNowBusy;
    setProgress({ isBusy: isNowBusy, problem: newProblem });
  };
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const submit = async (/** @type {SubmitEvent & { target: HTMLFormElement }} */ event) => {
    event.preventDefault();
    if (isWorking.current || isDisabled) return;
    begin(true);
    try {
      await onConfirm(new FormData(event.target));
      begin(false);
      dialog.current?.close();
    } catch (error) {
      begin(false, /** @type {Error} */ (error).message);
    }
  };
  const stopOrClose = () => (isWorking.current ? onStop?.() : dialog.current.close());
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault();
    stopOrClose();
  };
  // Chromium asks only once whether Escape may close a dialog, and then closes it. A working one opens again.
  const close = () => {
    if (isWorking.current) {
      dialog.current.showModal();
      return onStop?.();
    }
    // The browser gives the focus back to the button that opened the dialog, unless that is gone by now.
    if (document.activeElement?.matches("body, dialog *, :disabled")) focusOn(document.querySelector("main h1"));
    onClose();
  };
  return html`<dialog ref=${dialog} class="dialog question" aria-labelledby="question" onCancel=${cancel} onClose=${close}>
    <form onSubmit=${submit}>
      <h2 id="question">${title}</h2>
      ${children}
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <div class="dialog-actions">
        <button type="button" aria-disabled=${String(isBusy && !onStop)} onClick=${stopOrClose}>${isBusy && onStop ? "Stop after this one" : "Back"}</button>
        <button class=${isDangerous ? "danger" : "primary"} aria-disabled=${String(isBusy || isDisabled)}>${confirm}</button>
      </div>
    </form>
  </dialog>`;
}
