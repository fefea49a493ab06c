// Writes tests/recordings/npm_cases.json.gz: questions about versions with npm's own answers.
//   node tests/oracle/make_npm_cases.js                    asks the recorded questions again
//   node tests/oracle/make_npm_cases.js questions.json     asks new ones (python -m tests.oracle.questions)
//   node tests/oracle/make_npm_cases.js --draw a b > f     versions, tags, engines and ranges of real packages
'use strict'
const { execSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const zlib = require('node:zlib')
const { answer, npm } = require('./npm_oracle.js')

const FILE = path.join(__dirname, '..', 'recordings', 'npm_cases.json.gz')
const MOST_VERSIONS = 120 // of one package: a few hundred would only repeat themselves
const OS_BYTE = 9 // of the gzip header: differs between machines

const draw = async (names) => {
  const registry = execSync('npm config get registry', { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim()
  const packages = {}
  const ranges = new Set()
  for (const name of names) {
    const packument = await npm('pacote').packument(name, { registry })
    const tagged = Object.values(packument['dist-tags'])
    const all = Object.values(packument.versions)
    const step = Math.ceil(all.length / MOST_VERSIONS)
    const kept = all.filter((v, i) => i % step === 0 || tagged.includes(v.version))
    const pairs = (value) => Object.fromEntries(kept.map((v) => [v.version, value(v)]).filter((p) => p[1]))
    packages[name] = {
      versions: kept.map((v) => v.version),
      tags: packument['dist-tags'],
      deprecated: Object.keys(pairs((v) => v.deprecated)),
      engines: pairs((v) => v.engines && v.engines.node),
    }
    for (const v of all) {
      for (const map of [v.dependencies, v.devDependencies, v.peerDependencies]) {
        Object.values(map || {}).forEach((range) => ranges.add(range))
      }
    }
  }
  process.stdout.write(JSON.stringify({ packages, ranges: [...ranges].sort() }))
}

const record = (questions) => {
  const text = JSON.stringify({ questions, answers: answer(questions) })
  const packed = zlib.gzipSync(text, { level: 9 })
  packed[OS_BYTE] = 255
  fs.writeFileSync(FILE, packed)
}

const [first, ...rest] = process.argv.slice(2)
if (first === '--draw') {
  draw(rest)
} else if (first) {
  record(JSON.parse(fs.readFileSync(first, 'utf8')))
} else {
  record(JSON.parse(zlib.gunzipSync(fs.readFileSync(FILE))).questions)
}
