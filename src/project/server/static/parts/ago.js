// How long ago something was, kept true while one looks.
import { html, useEffect, useState } from "../html.js";
import { ago, moment } from "../format.js";

const MINUTE = 60_000;

export function Ago({ time }) {
  const [now, setNow] = useState(Date.now);
  const [title, setTitle] = useState(null);
  useEffect(() => setTitle(moment(time)), [time]); // not before the first paint
  const isNear = Math.abs(now - new Date(time)) < MINUTE;
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), isNear ? 1000 : MINUTE / 4);
    return () => clearInterval(timer);
  }, [isNear]);
  return html`<time datetime=${time} title=${title}>${ago(time, Math.max(now, Date.now()))}</time>`;
}
