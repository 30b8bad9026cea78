// Asks for the server's token, once a tab, when the server wants one.
import { html, render, useEffect, useRef } from "../vendor/html.js";

/** Opens a dialog, and returns a promise of what was typed into it. */
export async function askForToken(isWrong) {
  const place = document.body.appendChild(document.createElement("div"));
  const token = await new Promise((give) => render(html`<${TokenDialog} isWrong=${isWrong} onGiven=${give} />`, place));
  render(null, place);
  place.remove();
  return token;
}

function TokenDialog({ isWrong, onGiven }) {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  const give = (event) => {
    event.preventDefault();
    dialog.current.close();
    onGiven(new FormData(event.target).get("token").trim());
  };
  // Chromium asks only once whether Escape may close a dialog. This one is there until the token is given.
  const reopen = () => dialog.current?.showModal();
  return html`<dialog ref=${dialog} class="dialog" aria-labelledby="token-title" onCancel=${(event) => event.preventDefault()} onClose=${reopen}>
    <form onSubmit=${give}>
      <h2 id="token-title">This server wants its token</h2>
      ${isWrong && html`<p role="alert" class="problem">That was not the token.</p>`}
      <p>It is the one that the server was started with, and that Prefect's clients send as their API key.</p>
      <label class="field"><span>Token</span><input name="token" type="password" autocomplete="off" required autofocus /></label>
      <div class="dialog-actions"><button class="primary">Continue</button></div>
    </form>
  </dialog>`;
}
