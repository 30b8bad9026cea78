// A question that must be answered before anything else, in the browser's own dialog.
import { html, useEffect, useRef, useState } from "../vendor/html.js";

/**
 * If `onConfirm(FormData)` fails, the dialog stays open and shows why.
 * @param {{
 *   title: string, confirm: string, isDangerous?: boolean, isDisabled?: boolean, children: any,
 *   onConfirm: (form: FormData) => Promise<void>, onClose: () => void,
 * }} props
 */
export function Dialog({ title, confirm, isDangerous, isDisabled = false, onConfirm, onClose, children }) {
  /** @type {Ref<HTMLDialogElement>} */
  const dialog = useRef();
  const [{ isBusy, problem }, setProgress] = useState({ isBusy: false, problem: "" });
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const submit = async (/** @type {SubmitEvent & { target: HTMLFormElement }} */ event) => {
    event.preventDefault();
    setProgress({ isBusy: true, problem: "" });
    try {
      await onConfirm(new FormData(event.target));
      dialog.current.close();
    } catch (error) {
      setProgress({ isBusy: false, problem: /** @type {Error} */ (error).message });
    }
  };
  return html`<dialog ref=${dialog} class="dialog question" aria-labelledby="question" onClose=${onClose}>
    <form onSubmit=${submit}>
      <h2 id="question">${title}</h2>
      ${children}
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <div class="dialog-actions">
        <button type="button" onClick=${() => dialog.current.close()}>Back</button>
        <button class=${isDangerous ? "danger" : "primary"} disabled=${isBusy || isDisabled}>${confirm}</button>
      </div>
    </form>
  </dialog>`;
}
