// What `npm run bench` runs: the benches of test/bench one after the other, each in a process of its own, and at the end the
// ratios of all. `npm run bench -- spool start` runs those, `npm run bench -- --list` says which there are. Needs no
// network; those that need Docker or long are run by name only. Results, with date and machine: test/bench/README.md.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../test/bench')
const ending = '.bench.ts'
/** Measure `dist`, which users load. */
const ofDist = new Set(['start'])

const names = readdirSync(folder)
  .filter((name) => name.endsWith(ending))
  .map((name) => name.slice(0, -ending.length))
  .sort()

/** What a bench says of itself at its head. */
function headOf(name) {
  const text = readFileSync(join(folder, name + ending), 'utf8')
  const head = /^(?:\/\*\*?([\s\S]*?)\*\/|((?:\/\/.*\n)+))/.exec(text)
  return (head?.[1] ?? head?.[2] ?? '').replace(/^\s*(?:\*|\/\/) ?/gm, '').trim()
}

const brief = (name) =>
  headOf(name)
    .split(/:\s|\.\s|\n\n/)[0]
    ?.replaceAll('\n', ' ') ?? ''
const isApart = (name) => /Needs Docker\.|Takes minutes\./.test(headOf(name))

const asked = process.argv.slice(2)
if (asked.includes('--list') || asked.includes('--help')) {
  for (const name of names) {
    console.log(`${name.padEnd(18)} ${brief(name)}${isApart(name) ? ' (by name only)' : ''}`)
  }
  process.exit(0)
}
const unknown = asked.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; there are: ${names.join(', ')}`)
  process.exit(2)
}

/** Runs a bench; what it prints is seen as it comes, and its lines are returned. */
function run(name) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, name + ending)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      process.stdout.write(chunk)
    })
    child.on('close', (code) => resolve({ code: code ?? 1, lines: text.split('\n') }))
  })
}

const chosen = asked.length > 0 ? asked : names.filter((name) => !isApart(name))
if (chosen.some((name) => ofDist.has(name))) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    stdio: 'inherit',
    shell: true,
  })
  if (status !== 0) process.exit(status ?? 1)
}
const ratios = []
let failed = 0
for (const name of chosen) {
  console.log(`\n── ${name}: ${brief(name)}`)
  const { code, lines } = await run(name)
  if (code !== 0) {
    failed += 1
    ratios.push([name, `failed with code ${code}`])
  }
  for (const line of lines) if (/\bratio\b.*\d/.test(line)) ratios.push([name, line.trim()])
}
console.log(`\n── ${process.version}, ${new Date().toISOString().slice(0, 10)}`)
for (const [name, ratio] of ratios) console.log(`${name.padEnd(18)} ${ratio}`)
process.exit(failed > 0 ? 1 : 0)
