/** The colours of the page as a chart needs them: canvases know nothing of style sheets. */
export function readColours() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    before: read("--before"),
    after: read("--after"),
    text: read("--text-soft"),
    grid: read("--line"),
    surface: read("--surface"),
  };
  probe.remove();
  return colours;
}
export type Colours = ReturnType<typeof readColours>;

/** A colour as `readColours` gives it, `rgb(1, 2, 3)`, made transparent. */
export function faint(colour: string, share: number): string {
  return colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);
}
