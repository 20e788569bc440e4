import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publint } from 'publint'

const root = resolve('.')
const scratch = mkdtempSync(join(tmpdir(), 'fillpath-pack-'))
const project = join(scratch, 'project')
const installed = join(project, 'node_modules/fillpath')

function run(
  command: string,
  args: readonly string[],
  cwd: string = project,
): { readonly status: number | null; readonly stdout: string; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  return { status, stdout, output: stdout + stderr }
}

const tsc = join(root, 'node_modules/.bin/tsc')

/** The oldest Node that the package takes. */
const needed = (
  JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } }
).engines.node.replace('>=', '')

/** A strict TypeScript user of the package. */
const consumer = `
import { FillpathError, logger, start } from 'fillpath'
import type { Telemetry } from 'fillpath'
import { watch } from 'fillpath/watch'

const telemetry: Telemetry = await start({ serviceName: 'consumer' })
const log = logger('strategy')
log.info('typed', { price: '1.0' })
const signal = telemetry.flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'buy' })
// @ts-expect-error a side is buy or sell
telemetry.flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'up' })
signal.run(() => undefined)
const order = signal.order({ venue: 'binance', side: 'buy', type: 'limit', quantity: 0.01, price: '43210.00' })
// @ts-expect-error a price is a number, or can be read as one
order.filled({ execId: 'f1', price: { usd: 43210 }, quantity: '0.01' })
const code: string = new FillpathError('internal', 'x').code
const watching = watch('fillpath-data')
const off: () => void = watching.on('trading.order.*', ({ name, attributes }) => {
  log.info(name, attributes)
})
await watching.start()
off()
await watching.stop()
await telemetry.shutdown()
export { code }
`

describe('the package', () => {
  let files: readonly string[] = []

  beforeAll(() => {
    rmSync('dist', { recursive: true, force: true })
    expect(run(tsc, ['-p', '.config/tsconfig.build.json'], root).output).toBe('')
    const packed = run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch],
      root,
    )
    const [{ filename, files: listed }] = JSON.parse(packed.stdout) as [
      { filename: string; files: { path: string }[] },
    ]
    files = listed.map(({ path }) => path)
    mkdirSync(installed, { recursive: true })
    expect(
      run('tar', ['xzf', join(scratch, filename), '--strip-components=1', '-C', installed]).status,
    ).toBe(0)
    // Its dependencies, and only those that it names, as npm would lay them.
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>
    }
    for (const name of [...Object.keys(dependencies), '@types/node']) {
      const place = join(project, 'node_modules', name)
      mkdirSync(join(place, '..'), { recursive: true })
      symlinkSync(join(root, 'node_modules', name), place)
    }
    writeFileSync(join(project, 'package.json'), '{ "name": "consumer", "type": "module" }\n')
  })

  afterAll(() => {
    rmSync(scratch, { recursive: true, force: true })
  })

  test('holds what runs and what is read, and nothing else', () => {
    const outside = files.filter(
      (path) => !/^(dist|docs)\/|^(package\.json|README\.md|LICENSE)$/.test(path),
    )
    expect(outside).toEqual([])
    expect(files).toContain('dist/index.js')
    expect(files).toContain('dist/index.d.ts')
    expect(files).toContain('dist/cli.js')
  })

  test('publint has nothing to say', async () => {
    const { messages } = await publint({ pkgDir: installed, strict: true })
    expect(messages).toEqual([])
  })

  test('is found by compilers that know no exports: those of CommonJS bots, with moduleResolution node', () => {
    const { main, types, typesVersions, exports } = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    )
    expect({ types, default: main }).toEqual(exports['.'])
    for (const path of [main, types]) expect(existsSync(join(installed, path))).toBe(true)
    const { '.': _door, './package.json': _own, ...further } = exports
    expect(Object.keys(further)).toHaveLength(2)
    for (const [name, { types: path }] of Object.entries<{ types: string }>(further)) {
      expect(typesVersions['*'][name.slice(2)]).toEqual([path])
      expect(existsSync(join(installed, path))).toBe(true)
    }
  })

  test('asks no compiler for esModuleInterop: no default import in what its types come to', () => {
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    const waiting = ['.', './watch', './testing'].map((door) =>
      join(installed, exports[door].types),
    )
    const read = new Set<string>()
    const defaults: string[] = []
    for (const path of waiting) {
      if (read.has(path)) continue
      read.add(path)
      for (const [line, named] of readFileSync(path, 'utf8').matchAll(
        /^(?:import|export) .* from '(.+)'/gm,
      )) {
        if (/^import (?:type )?(?!type\b)[\w$]+[, ]/.test(line)) defaults.push(line)
        if (named?.startsWith('.'))
          waiting.push(join(path, '..', named.replace(/\.[jt]s$/, '.d.ts')))
      }
    }
    expect(read.size).toBeGreaterThan(20)
    expect(defaults).toEqual([])
  })

  test('works in an empty project as an ES module', () => {
    writeFileSync(
      join(project, 'esm.js'),
      `import { logger, start } from 'fillpath'
       const { flows, shutdown } = await start({ serviceName: 'esm', destination: 'http://127.0.0.1:9', spool: { folder: 'fillpath-spool' } })
       logger('a').info('as a module')
       flows.signal({ symbol: 'BTC/USDT', strategy: 'atr', side: 'buy' })
       await shutdown()
       process.exit(0)`,
    )
    const { status, output } = run(process.execPath, ['esm.js'])
    expect(output).toContain('as a module')
    expect(status).toBe(0)
    // Nobody takes it: the worker of the package is there, and the records stay on disk.
    expect(readdirSync(join(project, 'fillpath-spool')).length).toBeGreaterThan(0)
  }, 600_000)

  test('works in an empty project through require', () => {
    writeFileSync(
      join(project, 'common.cjs'),
      `const { logger, start } = require('fillpath')
       start({ serviceName: 'cjs', destination: 'http://127.0.0.1:9', spool: false }).then(async ({ shutdown }) => {
         logger('a').info('as CommonJS')
         await shutdown()
         process.exit(0)
       })`,
    )
    const { status, output } = run(process.execPath, ['common.cjs'])
    expect(output).toContain('as CommonJS')
    expect(output).not.toContain('ExperimentalWarning')
    expect(status).toBe(0)
  }, 600_000)

  test.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'its types hold in a strict consumer that checks libraries too: module %s, resolution %s',
    (module, moduleResolution) => {
      writeFileSync(join(project, 'consumer.ts'), consumer)
      writeFileSync(
        join(project, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'es2024',
            module,
            moduleResolution,
            strict: true,
            exactOptionalPropertyTypes: true,
            noUncheckedIndexedAccess: true,
            noEmit: true,
            types: ['node'],
            skipLibCheck: false,
          },
          files: ['consumer.ts'],
        }),
      )
      expect(run(tsc, ['-p', 'tsconfig.json']).output).toBe('')
    },
    600_000,
  )

  test('[X39] the command runs from the package', () => {
    const { status, output } = run(process.execPath, [join(installed, 'dist/cli.js'), '--help'])
    expect(output).toContain('fillpath trace')
    expect(status).toBe(0)
    expect(run(process.execPath, [join(installed, 'dist/cli.js'), 'tracé']).status).toBe(2)
  })

  test('[X39] the oldest Node that is promised trades, keeps, asks and rebuilds', ({ skip }) => {
    const system = process.platform === 'win32' ? 'win' : process.platform
    const binary = `node-${system}-${process.arch}`
    // Where no registry answers, it is skipped before long.
    const patience = ['--fetch-retries=1', '--fetch-timeout=60000']
    const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', ...patience]
    const place = join(scratch, 'oldest')
    const oldest = `${binary}@${needed}.0`
    const got = run('npm', ['install', ...options, '--prefix', place, oldest], scratch)
    if (got.status !== 0) {
      console.warn(`SKIPPED: npm cannot install ${oldest} here:\n${got.output}`)
      skip(`no ${oldest}`)
    }
    const node = join(place, 'node_modules', binary, 'bin/node')
    const cli = join(installed, 'dist/cli.js')
    const fillpath = (...args: string[]): unknown => {
      const { status, stdout, output } = run(node, [cli, ...args, '--json', '--data', 'old-data'])
      expect([args, status], output).toEqual([args, 0])
      expect(output).not.toContain('ExperimentalWarning')
      return stdout
    }
    expect(run(node, ['--version']).stdout).toBe(`v${needed}.0\n`)
    fillpath('demo', '--duration', '1m', '--speed', 'max', '--http-port', '0', '--grpc-port', '0')
    const questions = ['stats', 'orders', 'fills', 'positions', 'exposure', 'costs', 'runs']
    const ask = (): unknown[] => questions.map((question) => fillpath('query', question))
    const told = ask()
    expect(told.join('')).toContain('BTC/USDT')
    fillpath('rebuild')
    expect(ask()).toEqual(told)
    fillpath('verify')
  }, 600_000)

  test('[X39] the command says which Node it needs where another runs it', () => {
    const under = (version: string): ReturnType<typeof run> => {
      const older = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`
      const preload = `data:text/javascript,${encodeURIComponent(older)}`
      const cli = join(installed, 'dist/cli.js')
      return run(process.execPath, ['--import', preload, cli, '--version'])
    }
    for (const version of ['18.20.4', '20.20.2', '22.14.0']) {
      const { status, stdout, output } = under(version)
      expect([status, stdout]).toEqual([1, ''])
      expect(output).toContain(
        `this is Node ${version}; ${needed} or newer is needed [node_too_old]`,
      )
    }
    for (const version of [`${needed}.0`, '24.0.0', '100.1.0'])
      expect(under(version).status).toBe(0)
    // What an older Node lacks must not be imported by its name before that: it would end without a word.
    const code = readFileSync(join(installed, 'dist/cli.js'), 'utf8')
    expect(code.match(/^import .*/gm)).toEqual(["import * as nodeModule from 'node:module';"])
  })
})
