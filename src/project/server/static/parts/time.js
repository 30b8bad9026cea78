// The present, for what changes while one looks.
import { html, useEffect, useState } from "../vendor/html.js";
import { ago, moment, present } from "../format.js";

const MINUTE = 60_000;

/** The present in milliseconds, once a second for as long as `isTicking`. */
export function useNow(isTicking) {
  const [now, setNow] = useState(present);
  useEffect(() => {
    if (!isTicking) return undefined;
    const timer = setInterval(() => setNow(present()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}

/** How long ago something was; the pointer brings the time itself. */
export function Ago({ time }) {
  const [now, setNow] = useState(present);
  const isNear = Math.abs(now - new Date(time)) < MINUTE;
  useEffect(() => {
    const timer = setInterval(() => setNow(present()), isNear ? 1000 : MINUTE / 4);
    return () => clearInterval(timer);
  }, [isNear]);
  const tell = (event) => {
    event.currentTarget.title = moment(time);
  };
  return html`<time datetime=${time} onPointerEnter=${tell}>${ago(time, Math.max(now, present()))}</time>`;
}
