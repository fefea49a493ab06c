// Asks npm's own modules: questions as JSON on stdin, npm's answers as JSON on stdout.
// Run it with any node that has npm: node npm_oracle.js < questions.json
'use strict'
const { execSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(execSync('npm root -g', { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim(), 'npm')
const npm = (name) => require(path.join(root, 'node_modules', name))
const semver = npm('semver')
const npa = npm('npm-package-arg')
const pickManifest = npm('npm-pick-manifest')
const validateName = npm('validate-npm-package-name')

const LOOSE = { loose: true }
const ENGINES = { includePrerelease: true }
const OWN_CODES = ['EINVALIDPACKAGENAME', 'EINVALIDTAGNAME', 'EUNSUPPORTEDPROTOCOL']

const codeOf = (error) =>
  OWN_CODES.includes(error.code) ? error.code
    : error.code === 'ERR_INVALID_URL' ? 'EINVALIDURL' : 'EINVALIDSPEC'

// A row of 0 and 1 as hexadecimal, four to a digit, filled up with 0 on the right.
const hex = (bits) => {
  let out = ''
  for (let i = 0; i < bits.length; i += 4) {
    out += parseInt(bits.slice(i, i + 4).map(Number).join('').padEnd(4, '0'), 2).toString(16)
  }
  return out
}

// null for a range npm refuses, else which of the versions it admits.
const matrix = ({ ranges, versions }, options) => ranges.map((range) =>
  semver.validRange(range, options) === null ? null
    : hex(versions.map((version) => semver.satisfies(version, range, options))))

const specifier = ([name, raw]) => {
  let spec
  try {
    spec = npa.resolve(name, raw, '/')
  } catch (error) {
    return { error: codeOf(error) }
  }
  if (spec.type === 'alias') {
    const { name, type, fetchSpec } = spec.subSpec
    return { kind: 'alias', target: [name, type, fetchSpec] }
  }
  if (spec.type === 'git') {
    return { kind: 'git', committish: spec.gitCommittish || null, range: spec.gitRange || null }
  }
  return spec.registry ? { kind: spec.type, wanted: spec.fetchSpec } : { kind: spec.type }
}

const name = (text) => {
  const { validForNewPackages, validForOldPackages } = validateName(text)
  return validForNewPackages ? 'new' : validForOldPackages ? 'old' : 'invalid'
}

const pick = (packument, raw, nodeVersion) => {
  let spec = npa.resolve('x', raw, '/')
  spec = spec.subSpec || spec
  try {
    return { version: pickManifest(packument, spec.fetchSpec, { nodeVersion }).version }
  } catch (error) {
    return { code: error.code || 'UNSUPPORTED' }
  }
}

const picks = ({ versions, tags, deprecated, engines, specs, nodes }) => {
  const packument = { name: 'x', versions: {}, 'dist-tags': tags }
  for (const version of versions) {
    const manifest = packument.versions[version] = { name: 'x', version }
    if (deprecated.includes(version)) {
      manifest.deprecated = 'use another'
    }
    if (engines[version]) {
      manifest.engines = { node: engines[version] }
    }
  }
  return specs.map((raw) => nodes.map((node) => pick(packument, raw, node)))
}

const answer = (questions) => ({
  npm: require(path.join(root, 'package.json')).version,
  parse: questions.parse.map((text) => [semver.valid(text), semver.valid(text, LOOSE)]),
  compare: questions.compare.map(([a, b]) => '<=>'[semver.compare(a, b, LOOSE) + 1]).join(''),
  satisfies: matrix(questions.satisfies, LOOSE),
  engines: matrix(questions.engines, ENGINES),
  pairs: hex(questions.pairs.map(([version, range]) => semver.satisfies(version, range, LOOSE))),
  specifiers: questions.specifiers.map(specifier),
  names: questions.names.map(name),
  picks: questions.picks.map(picks),
})

module.exports = { answer, npm, root }

if (require.main === module) {
  process.stdout.write(JSON.stringify(answer(JSON.parse(fs.readFileSync(0, 'utf8')))))
}
