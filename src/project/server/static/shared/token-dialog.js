// Asks for the server's token when the server requires one; a tab remembers it.
import { html, render, useEffect, useRef, useState } from "../vendor/html.js";

// What the header of a request can contain. A pasted token may have a typographic quote or an invisible space.
const SENDABLE = /^[ -~]+$/;

/**
 * Opens a dialog, and returns what the user typed.
 * @param {boolean} isWrong
 */
export async function promptForToken(isWrong) {
  const container = document.body.appendChild(document.createElement("div"));
  const token = await new Promise((resolve) =>
    render(html`<${TokenDialog} isWrong=${isWrong} onSubmit=${resolve} />`, container),
  );
  render(null, container);
  container.remove();
  return token;
}

/** @param {{ isWrong: boolean, onSubmit: (token: string) => void }} props */
function TokenDialog({ isWrong, onSubmit }) {
  /** @type {Ref<HTMLDialogElement>} */
  const dialog = useRef();
  const [problem, setProblem] = useState(isWrong ? "The server did not accept this token." : "");
  useEffect(() => dialog.current.showModal(), []);
  const submit = (/** @type {SubmitEvent & { target: HTMLFormElement }} */ event) => {
    event.preventDefault();
    const token = String(new FormData(event.target).get("token")).trim();
    if (!SENDABLE.test(token)) return setProblem("Use only letters, digits and signs of ASCII: copy the token again.");
    dialog.current.close();
    onSubmit(token);
  };
  const preventClosing = (/** @type {Event} */ event) => event.preventDefault();
  // Chromium asks only once whether Escape may close a dialog, and then closes it. This one opens again.
  const reopen = () => dialog.current?.showModal();
  return html`<dialog ref=${dialog} class="dialog" aria-labelledby="token-title" onCancel=${preventClosing} onClose=${reopen}>
    <form onSubmit=${submit}>
      <h2 id="token-title">This server requires a token</h2>
      ${problem && html`<p role="alert" class="problem">${problem}</p>`}
      <p>Enter the token that the server was started with. Prefect clients send it as their API key.</p>
      <label class="field"
        ><span>Token</span><input name="token" type="password" autocomplete="off" required autofocus
      /></label>
      <div class="dialog-actions"><button class="primary">Continue</button></div>
    </form>
  </dialog>`;
}
