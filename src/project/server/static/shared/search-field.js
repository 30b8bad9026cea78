// A field whose text is in the address. What is being typed wins over what the address says meanwhile.
import { html, useEffect, useRef } from "../vendor/html.js";

const TYPING_MILLISECONDS = 150;

/**
 * `onText` is called once the user stops typing; `text` is what the address has.
 * @param {{
 *   label: string, placeholder: string, text: string, onText: (text: string) => void, class?: string, delay?: number,
 * }} props
 */
export function SearchField({ label, placeholder, text, onText, class: className, delay = TYPING_MILLISECONDS }) {
  /** @type {Ref<HTMLInputElement>} */
  const field = useRef();
  /** @type {Ref<{ sent: string[], timer?: ReturnType<typeof setTimeout> }>} */
  const typing = useRef({ sent: [] });
  useEffect(() => {
    // The field is not controlled: a text of the address that it has sent itself may come after other letters.
    const { sent } = typing.current;
    const place = sent.indexOf(text);
    sent.splice(0, place + 1);
    if (place >= 0 || field.current.value === text) return;
    clearTimeout(typing.current.timer);
    field.current.value = text;
  }, [text]);
  const send = () => {
    const { value } = field.current;
    if (value === (typing.current.sent.at(-1) ?? text)) return;
    typing.current.sent.push(value);
    onText(value);
  };
  const latestSend = useRef(send);
  latestSend.current = send;
  const wait = () => {
    clearTimeout(typing.current.timer);
    typing.current.timer = setTimeout(() => latestSend.current(), delay);
  };
  const sendNow = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Enter") return;
    clearTimeout(typing.current.timer);
    latestSend.current();
  };
  useEffect(() => () => clearTimeout(typing.current.timer), []);
  return html`<input
    type="search" class=${className} ref=${field} aria-label=${label} placeholder=${placeholder} defaultValue=${text}
    autocomplete="off" spellcheck=${false} onInput=${wait} onKeyDown=${sendNow}
  />`;
}
