// A question that must be answered before anything else, in the browser's own dialog.
import { html, useEffect, useRef, useState } from "../vendor/html.js";

/** `onConfirm(FormData)` may fail: then the dialog stays and says why. */
export function Dialog({ title, confirm, isDangerous, onConfirm, onClose, children }) {
  const dialog = useRef();
  const [{ isBusy, problem }, setProgress] = useState({ isBusy: false, problem: null });
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setProgress({ isBusy: true, problem: null });
    try {
      await onConfirm(new FormData(event.target));
      dialog.current.close();
    } catch (error) {
      setProgress({ isBusy: false, problem: error.message });
    }
  };
  return html`<dialog ref=${dialog} class="dialog question" aria-labelledby="question" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2 id="question">${title}</h2>
      ${children}
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <div class="dialog-actions">
        <button type="button" onClick=${() => dialog.current.close()}>Back</button>
        <button class=${isDangerous ? "danger" : "primary"} disabled=${isBusy}>${confirm}</button>
      </div>
    </form>
  </dialog>`;
}
