/** Times stand in UTC, as at the terminal, so that two readers speak of the same hour. */
export function formatMinute(time: Date): string {
  return time.toISOString().slice(0, 16).replace("T", " ");
}

export function formatDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Of whole days the days alone, else with the time of day. */
export function formatSpan(start: Date, end: Date): string {
  const wholeDays = start.getUTCHours() + start.getUTCMinutes() === 0 && end.getUTCHours() === 23;
  const format = wholeDays ? formatDay : formatMinute;
  return format(start) === format(end) ? format(start) : `${format(start)} – ${format(end)}`;
}
