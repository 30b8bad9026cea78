// How long ago something was, kept true while one looks; the pointer brings the time itself.
import { html, useEffect, useState } from "../html.js";
import { ago, moment } from "../format.js";

const MINUTE = 60_000;

export function Ago({ time }) {
  const [now, setNow] = useState(Date.now);
  const isNear = Math.abs(now - new Date(time)) < MINUTE;
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), isNear ? 1000 : MINUTE / 4);
    return () => clearInterval(timer);
  }, [isNear]);
  const tell = (event) => {
    event.currentTarget.title = moment(time);
  };
  return html`<time datetime=${time} onPointerEnter=${tell}>${ago(time, Math.max(now, Date.now()))}</time>`;
}
