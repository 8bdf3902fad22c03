/** The page's style. */
export const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; }
form { display: grid; gap: .5rem; margin: 2rem 0; grid-template-columns: auto 1fr; align-items: center; }
label, textarea { grid-column: 1 / -1; }
textarea, code, button { font: .9rem/1.4 ui-monospace, monospace; }
textarea { padding: .6rem; border: 1px solid #8888; border-radius: .4rem; resize: vertical; }
button { padding: .4rem 1.2rem; border: 0; border-radius: .4rem; background: #0b7a4b; color: #fff; cursor: pointer; }
ol { list-style: none; padding: 0; }
li { padding: .4rem .6rem; border-bottom: 1px solid #8883; overflow-wrap: anywhere; }
.away, #result { color: #c0392b; }
`;
