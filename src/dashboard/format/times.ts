import type { Say } from "../words/say.js";

/** Times stand in UTC, as at the terminal, so that two readers speak of the same hour. */
export function formatMinute(time: Date): string {
  return time.toISOString().slice(0, 16).replace("T", " ");
}

function formatDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Hours as days and hours: `2 d 6 h`. */
export function formatHours(hours: number, say: Say): string {
  const tenths = Math.round(hours * 10);
  const days = Math.floor(tenths / 240);
  const rest = (tenths - days * 240) / 10;
  if (days === 0) return say("{hours} h", { hours: rest });
  return rest === 0 ? say("{days} d", { days }) : say("{days} d {hours} h", { days, hours: rest });
}

/** Of whole days the days alone, else with the time of day. */
export function formatSpan(start: Date, end: Date): string {
  const wholeDays = start.getUTCHours() + start.getUTCMinutes() === 0 && end.getUTCHours() === 23;
  const format = wholeDays ? formatDay : formatMinute;
  return format(start) === format(end) ? format(start) : `${format(start)} – ${format(end)}`;
}
