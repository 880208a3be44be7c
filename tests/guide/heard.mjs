// Loaded before a page's TypeScript, so that each answer that fetch gets is told on standard output, too.

const { fetch } = globalThis

globalThis.fetch = async (...request) => {
  const response = await fetch(...request)
  const body = Buffer.from(await response.clone().arrayBuffer()).toString('latin1')
  console.log('\x1e' + JSON.stringify({ status: response.status, headers: Object.fromEntries(response.headers), body }))
  return response
}
