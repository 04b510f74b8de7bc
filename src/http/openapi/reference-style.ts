/** Of the reference page: light and dark, narrow and wide, on paper. */
export const REFERENCE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#f6f8fa, #151b23);
  --link: light-dark(#0550ae, #79b8ff); --get: light-dark(#0a5c2b, #56d364); --post: light-dark(#0550ae, #79b8ff);
  --put: light-dark(#7a4300, #e3b341); --delete: light-dark(#a40e26, #ff9492); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  background: light-dark(#fff, #0d1117); color: light-dark(#1f2328, #f0f6fc); display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; }
@media (min-width: 64rem) { body { grid-template-columns: 24rem minmax(0, 1fr); }
  header { grid-column: 1 / -1; } nav { position: sticky; top: 0; max-height: 100vh; overflow: auto; align-self: start; } }
a { color: var(--link); } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { list-style: none; margin: 0; padding: 0; font-size: .875rem; } nav a { display: block; padding: .25rem 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: 1rem 0; } h1, h2, h3 { line-height: 1.25; } h2 { overflow-wrap: anywhere; font-size: 1.25rem; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .375rem; padding: .75rem; overflow: auto; max-height: 30rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); font-weight: normal; }
thead th { font-weight: 600; } summary { cursor: pointer; padding: .25rem 0; } dt { font-weight: 600; }
.get, .post, .put, .delete { font-weight: 700; } .get { color: var(--get); } .post { color: var(--post); }
.put { color: var(--put); } .delete { color: var(--delete); }
@media print { nav { display: none; } pre { max-height: none; white-space: pre-wrap; } }
`;
