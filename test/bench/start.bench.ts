/**
 * What it costs to have telemetry: import and start, beside the stock NodeSDK, each in a fresh process:
 * `npm run build && node test/bench/start.bench.ts [rounds]`
 *
 * What is measured is `dist`, which users load: with the sources Node would strip the types first. Both export to a port
 * where nobody listens. Each round of fillpath has a spool folder of its own, new and empty; the wall time is that of the
 * program alone, the CPU time that of the whole process with its threads.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const door = pathToFileURL(join(import.meta.dirname, '../../dist/index.js')).href

const programs: Readonly<Record<string, string>> = {
  'empty process': '',
  'stock NodeSDK': `
    const { NodeSDK } = await import('@opentelemetry/sdk-node')
    new NodeSDK({ serviceName: 'bench' }).start()`,
  'stock NodeSDK + winston + transport': `
    const { NodeSDK } = await import('@opentelemetry/sdk-node')
    new NodeSDK({ serviceName: 'bench' }).start()
    const { default: winston } = await import('winston')
    const { OpenTelemetryTransportV3 } = await import('@opentelemetry/winston-transport')
    winston.createLogger({ transports: [new OpenTelemetryTransportV3()] })`,
  fillpath: `
    const { start } = await import(${JSON.stringify(door)})
    await start({ serviceName: 'bench', console: false })`,
}

interface Cost {
  readonly ms: number
  readonly cpuMs: number
}

function run(program: string): Cost {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-bench-'))
  const timed = `const from = performance.now()
    ${program}
    const ms = performance.now() - from
    const { user, system } = process.cpuUsage()
    console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1000 }))
    process.exit(0)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', timed], {
    encoding: 'utf8',
    // The packages of the stock SDK are found from here.
    cwd: join(import.meta.dirname, '../..'),
    env: {
      ...process.env,
      FILLPATH_SPOOL_FOLDER: join(folder, 'spool'),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    },
  })
  rmSync(folder, { recursive: true, force: true })
  if (stdout === '') throw new Error(`${stderr}\nIs dist there? npm run build makes it.`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

const rounds = Number(process.argv[2] ?? 15)
const costs = new Map<string, Cost[]>()
for (let round = -1; round < rounds; round += 1) {
  for (const [name, program] of Object.entries(programs)) {
    const cost = run(program)
    // The first round brings the files into memory.
    if (round >= 0) costs.set(name, [...(costs.get(name) ?? []), cost])
  }
}
const median = (name: string, key: keyof Cost): number =>
  (costs.get(name) ?? []).map((cost) => cost[key]).toSorted((a, b) => a - b)[rounds >> 1] ??
  Number.NaN
for (const name of Object.keys(programs)) {
  const cells = (['ms', 'cpuMs'] as const).map((key) => {
    const ratio = (median(name, key) / median('stock NodeSDK', key)).toFixed(2)
    return `${median(name, key).toFixed(0).padStart(5)} ms  ${ratio}`
  })
  console.log(`${name.padEnd(36)} ${cells[0]} × NodeSDK   CPU ${cells[1]} × NodeSDK`)
}
const own = (name: string): number => median(name, 'cpuMs') - median('empty process', 'cpuMs')
const ratio = (median('fillpath', 'ms') / median('stock NodeSDK', 'ms')).toFixed(2)
const cpuRatio = (own('fillpath') / own('stock NodeSDK')).toFixed(2)
console.log(
  `import and start : NodeSDK, ratio ${ratio}, of CPU above an empty process ${cpuRatio}; goal 1.2`,
)
