/** Text that would do something wherever text is taken for markup, a script, an address or an order to the eye. */

/** What each of them calls when it runs. */
export const ALARM = '__alarm'

const run = `window.${ALARM}=1`

export const XSS_CORPUS: readonly string[] = [
  `<script>${run}</script>`,
  `<img src=x onerror="${run}">`,
  `<svg onload="${run}">`,
  `"><svg/onload=${run}>`,
  `'" autofocus onfocus="${run}" x="`,
  `</textarea><img src=x onerror=${run}>`,
  `</title><script>${run}</script>`,
  `<iframe srcdoc="<script>parent.${ALARM}=1</script>"></iframe>`,
  `<a href="javascript:${run}">click</a>`,
  `javascript:${run}`,
  `data:text/html,<script>${run}</script>`,
  `<style>*{display:none}</style>`,
  `<base href="https://evil.example/">`,
  `<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
  `<form action="https://evil.example/"><button>Send`,
  `<math><mi xlink:href="javascript:${run}">x`,
  `{{constructor.constructor('${run}')()}}`,
  '${' + run + '}',
  `\`\`\`<img src=x onerror=${run}>\`\`\``,
  `> <img src=x onerror=${run}>\nreply`,
  `https://evil.example/"onmouseover="${run}`,
  `https://evil.example/'><script>${run}</script>`,
  '\u202Egnp.exe\u2066\u2069\u200B',
  `a${'\u0301'.repeat(300)}`,
  'W'.repeat(2_000),
  'https://example.org/' + 'x'.repeat(2_000),
  '\u0000\u0007\u001B[31m',
  '\uFDFD'.repeat(50),
]

/** What fits into a name of 64 bytes. */
export const XSS_NAMES: readonly string[] = [`<img src=x onerror=${run}>`, `"><b onmouseover=${run}>\u202E`]
