// Walks the tree of a package as npm would, edge by edge, with npm's own modules: no hoisting, no deduplication.
// Usage: node npm_tree.js REGISTRY NAME   (prints JSON: {"root": "x@1.0.0", "edges": {"x@1.0.0": [[name, range, type, chosen]]}})
'use strict'
const { execSync } = require('node:child_process')
const path = require('node:path')

const root = path.join(execSync('npm root -g', { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim(), 'npm')
const npm = (name) => require(path.join(root, 'node_modules', name))
const npa = npm('npm-package-arg')
const pickManifest = npm('npm-pick-manifest')
const pacote = npm('pacote')

const [registry, rootName] = process.argv.slice(2)
const options = { registry, cache: path.join(process.cwd(), 'npm-cache'), fullMetadata: true, preferOnline: false }
const packuments = new Map()
const packumentOf = (name) => {
  if (!packuments.has(name)) packuments.set(name, pacote.packument(name, options))
  return packuments.get(name)
}

// The order in which Arborist's node.js, _loadDeps, lays edges over one another: the later one stays.
const edgesOf = (manifest) => {
  const edges = new Map()
  const meta = manifest.peerDependenciesMeta || {}
  for (const [name, spec] of Object.entries(manifest.peerDependencies || {})) {
    if (!(meta[name] && meta[name].optional)) edges.set(name, [spec, 'peer'])
  }
  for (const [name, spec] of Object.entries(manifest.dependencies || {})) edges.set(name, [spec, 'runtime'])
  for (const [name, spec] of Object.entries(manifest.optionalDependencies || {})) edges.set(name, [spec, 'optional'])
  return [...edges].map(([name, [spec, type]]) => [name, spec, type])
}

const resolve = async (name, raw) => {
  let spec = npa.resolve(name, raw)
  if (spec.type === 'alias') spec = spec.subSpec
  if (!spec.registry) return { chosen: null }
  try {
    const packument = await packumentOf(spec.name)
    const manifest = pickManifest(packument, spec.fetchSpec, { nodeVersion: null })
    return { chosen: `${manifest.name}@${manifest.version}`, manifest }
  } catch (error) {
    return { chosen: null, error: error.code }
  }
}

const main = async () => {
  const first = await resolve(rootName, 'latest')
  const edges = {}
  const waiting = [first]
  const seen = new Set([first.chosen])
  while (waiting.length) {
    const { chosen, manifest } = waiting.pop()
    edges[chosen] = []
    for (const [name, spec, type] of edgesOf(manifest)) {
      const target = await resolve(name, spec)
      edges[chosen].push([name, spec, type, target.chosen])
      if (target.manifest && !seen.has(target.chosen)) {
        seen.add(target.chosen)
        waiting.push(target)
      }
    }
  }
  process.stdout.write(JSON.stringify({ root: first.chosen, edges }))
}
main().catch((error) => { console.error(error); process.exit(1) })
