// Asks for the server's token, once a tab, when the server wants one.
import { html, useEffect, useRef, useState } from "../html.js";
import { onTokenWanted } from "../api.js";

export function TokenDialog() {
  const [wanted, setWanted] = useState(null);
  const dialog = useRef();
  useEffect(() => onTokenWanted((isWrong) => new Promise((give) => setWanted({ isWrong, give }))), []);
  useEffect(() => {
    if (wanted) dialog.current.showModal();
  }, [wanted]);
  const give = (event) => {
    event.preventDefault();
    dialog.current.close();
    wanted.give(new FormData(event.target).get("token").trim());
    setWanted(null);
  };
  if (!wanted) return null;
  return html`<dialog ref=${dialog} class="dialog" aria-labelledby="token-title" onCancel=${(event) => event.preventDefault()}>
    <form onSubmit=${give}>
      <h2 id="token-title">This server wants its token</h2>
      ${wanted.isWrong && html`<p role="alert" class="problem">That was not the token.</p>`}
      <p>It is the one that the server was started with, and that Prefect's clients send as their API key.</p>
      <label class="field"><span>Token</span><input name="token" type="password" autocomplete="off" required autofocus /></label>
      <div class="dialog-actions"><button class="primary">Continue</button></div>
    </form>
  </dialog>`;
}
