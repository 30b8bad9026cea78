// The present, for what grows while one looks.
import { useEffect, useState } from "../html.js";

/** The present in milliseconds, once a second for as long as `isTicking`. */
export function useNow(isTicking) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isTicking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}
