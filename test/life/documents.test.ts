import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { patient } from '../probe/telemetry/child.ts'
import { layOut } from './questions/page.ts'
import { settingsPage } from './settings/page.ts'

const root = resolve('.')
const documents = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)]
const textOf = (path: string): string => readFileSync(path, 'utf8')

const folders: string[] = []
function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-documents-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** The blocks of a document in a language; `''` for those that name none. */
function blocks(path: string, language: string): string[] {
  const found = textOf(path).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)
  return [...found].flatMap(([, name, text = '']) => (name === language ? [text] : []))
}

function run(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

const cli = join(root, 'src/cli.ts')

describe('README.md', () => {
  test('[A71] the flow it opens with is what the command says of the recorded run, but for lines left out', () => {
    const block = blocks('README.md', '').find((text) => text.startsWith('$ fillpath')) ?? ''
    const [command = '', ...shown] = block.trimEnd().split('\n')
    const folder = layOut()
    folders.push(folder)
    const said = run([cli, ...command.split(' ').slice(2)], { cwd: folder, env: { COLUMNS: '98' } })
    const lines = said.split('\n').map((line) => line.trimEnd())
    let at = 0
    // Each line is there, behind the one before it.
    const astray = shown.filter((line) => {
      const next = lines.indexOf(line, at)
      at = next + 1
      return next < 0
    })
    expect(astray).toEqual([])
    expect(shown.length).toBeGreaterThan(15)
  })

  test('[X39] its first example runs as it stands, and the flow is found by the id of its order', () => {
    const [example = ''] = blocks('README.md', 'ts')
    const folder = scratch()
    const script = join(folder, 'bot.ts')
    const update = `{ id: '881', symbol: 'BTC/USDT', status: 'closed' }`
    writeFileSync(
      script,
      `import { EventEmitter } from 'node:events'
       const userStream = new EventEmitter()
       ${example.replace("'fillpath'", `'${root}/src/index.ts'`)}
       userStream.emit('order', ${update})
       await shutdown()`,
    )
    const files = join(folder, 'files')
    const spool = join(folder, 'spool')
    const own = { ...patient, FILLPATH_FILES: files, FILLPATH_SPOOL_FOLDER: spool }
    expect(run([script], { cwd: folder, env: own })).toContain('volatility is high enough')
    const flow = run([cli, 'trace', '881', '--data', files])
    expect(flow).toMatch(/^flow [0-9a-f]{32} · opened · /)
    expect(flow).toMatch(/order binance buy limit 0\.010 .* filled @ 43210/)
    expect(flow).toMatch(/hedge h1 okx 0\.01 .* covered in /)
    const [, traceId = ''] = /^flow (\w+)/.exec(flow) ?? []
    const tail = ['tail', '--no-follow', '--data', files, '--correlation', traceId]
    expect(run([cli, ...tail])).toContain('volatility is high enough')
  }, 600_000)
})

/** What the examples of the documents take from the bot around them. */
const around: Readonly<Record<string, string>> = {
  start: `typeof import('fillpath').start`,
  flows: `import('fillpath').Flows`,
  signal: `import('fillpath').Signal`,
  batch: `import('fillpath').Telemetry['batch']`,
  durable: `import('fillpath').Telemetry['durable']`,
  trades: `readonly import('fillpath').CcxtTrade[]`,
  exchange: `{ createOrder(symbol: string, type: string, side: string, amount: number, price: number, params: object): Promise<import('fillpath').CcxtOrder> }`,
  findOrder: `(id: string) => Promise<import('fillpath').CcxtOrder | undefined>`,
  userStream: `import('node:events').EventEmitter`,
  page: `(...words: readonly string[]) => void`,
  count: `(...values: readonly unknown[]) => void`,
  expect: `(value: unknown) => { toHaveLength(length: number): void }`,
  bot: `{ onTick(tick: unknown): Promise<void> }`,
  tick: 'unknown',
  url: 'string',
  free: 'number',
  spread: 'number',
  limit: 'number',
}

describe('the documents', () => {
  test('every example in TypeScript has types that hold', () => {
    const folder = scratch()
    const examples = documents.flatMap((path) => blocks(path, 'ts').map((text) => ({ path, text })))
    expect(examples.length).toBeGreaterThan(7)
    const files = examples.map(({ path, text }, index) => {
      const declared = Object.entries(around)
        .filter(([name]) => new RegExp(`\\b${name}\\b`).test(text))
        .filter(
          ([name]) => !new RegExp(`(?:const|import) (?:\\{[^}\\n]*)?\\b${name}\\b`).test(text),
        )
        .map(([name, type]) => `declare const ${name}: ${type}`)
      const file = `${path.replaceAll('/', '-')}-${index}.ts`
      writeFileSync(join(folder, file), `${declared.join('\n')}\n${text}\nexport {}\n`)
      return file
    })
    const { compilerOptions } = JSON.parse(textOf('tsconfig.json'))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          ...compilerOptions,
          noUnusedLocals: false,
          allowImportingTsExtensions: true,
          typeRoots: [join(root, 'node_modules/@types')],
          paths: {
            fillpath: [join(root, 'src/index.ts')],
            'fillpath/watch': [join(root, 'src/archive/watch.ts')],
            'fillpath/testing': [join(root, 'src/probe/telemetry/testing.ts')],
          },
        },
        files,
      }),
    )
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], {
      encoding: 'utf8',
    })
    expect(stdout).toBe('')
  }, 600_000)

  test('every link of theirs leads to a file, and to a heading of it', () => {
    const slug = (heading: string): string =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')
    const broken = documents.flatMap((path) =>
      [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? path : join(dirname(path), file)
        if (!existsSync(target)) return [`${path}: ${link}`]
        if (anchor === undefined) return []
        const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
          slug(text),
        )
        return headings.includes(anchor) ? [] : [`${path}: ${link}`]
      }),
    )
    expect(broken).toEqual([])
  })

  test('every script of npm and every command that they name is there', () => {
    const { scripts } = JSON.parse(textOf('package.json'))
    const [, list = ''] = run([cli, '--help']).split('Commands:')
    const verbs = new Set([...list.matchAll(/^ {2}(\w+)/gm)].map(([, verb]) => verb))
    const missing = documents.flatMap((path) => {
      const text = textOf(path)
      const npm = [...text.matchAll(/\bnpm run ([\w:]+)/g)].filter(
        ([, name = '']) => !(name in scripts),
      )
      const own = [...text.matchAll(/(?:^\$ |npx |`|"|\$ )fillpath (\w+)/gm)].filter(
        ([, verb]) => !verbs.has(verb),
      )
      return [...npm, ...own].map(([words]) => `${path}: ${words}`)
    })
    expect(missing).toEqual([])
  })

  test('every variable that they name is read somewhere', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => textOf(join('src', path)))
    const known = [...sources, textOf('docker-compose.yml'), textOf('.config/faults.mjs')].join(
      '\n',
    )
    const unknown = documents.flatMap((path) =>
      (textOf(path).match(/\bFILLPATH_[A-Z][A-Z_]+\b/g) ?? [])
        .filter((name) => !new RegExp(`\\b${name}\\b`).test(known))
        .map((name) => `${path}: ${name}`),
    )
    expect(unknown).toEqual([])
  })

  test('docs/settings.md is what the settings are; otherwise run: npm run settings', () => {
    expect(textOf('docs/settings.md')).toBe(settingsPage())
  })
})
