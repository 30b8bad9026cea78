// What changes as time passes.
import { html, useEffect, useState } from "../vendor/html.js";
import { formatRelativeTime, formatTime, serverNow } from "./format.js";

const MINUTE = 60_000;

/**
 * The server's present in milliseconds, new every second for as long as `isTicking`.
 * @param {boolean} isTicking
 */
export function useNow(isTicking) {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (!isTicking) return undefined;
    const timer = setInterval(() => setNow(serverNow()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}

/**
 * How long ago something was; the pointer shows the time itself.
 * @param {{ time: string }} props
 */
export function RelativeTime({ time }) {
  const [now, setNow] = useState(serverNow);
  const isNear = Math.abs(now - Date.parse(time)) < MINUTE;
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), isNear ? 1000 : MINUTE / 4);
    return () => clearInterval(timer);
  }, [isNear]);
  // Formatting a time is slow, and a list has hundreds: the title is written when the pointer comes.
  const setTitle = (/** @type {PointerEvent & { currentTarget: HTMLElement }} */ event) => {
    event.currentTarget.title = formatTime(time);
  };
  const text = formatRelativeTime(time, Math.max(now, serverNow()));
  return html`<time datetime=${time} onPointerEnter=${setTitle}>${text}</time>`;
}
