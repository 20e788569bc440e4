import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

/** The ground, which every room may stand on. */
const ground = ['semconv', 'base', 'redact', 'wire'] as const

/**
 * The architecture: what the files of a room may import, other than their own room.
 * docs/house.md shows the same table; type imports count too, for a type is also knowledge.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  semconv: [],
  redact: ['semconv', 'base'],
  wire: ['semconv', 'base'],
  archive: ['semconv', 'base', 'wire'],
  'probe/event': ['semconv', 'base'],
  'probe/flow': ['semconv', 'base', 'probe/event'],
  'probe/instrument': ['semconv', 'base', 'probe/flow', 'probe/event'],
  'probe/log': ['semconv', 'base', 'redact', 'probe/event'],
  'probe/spool': ['semconv', 'base', 'wire'],
  'probe/ship': ['semconv', 'base', 'wire', 'archive', 'probe/spool'],
  'probe/telemetry': [
    ...ground,
    'probe/event',
    'probe/flow',
    'probe/instrument',
    'probe/log',
    'probe/spool',
    'probe/ship',
  ],
  'desk/collector': ['semconv', 'base', 'wire'],
  'desk/store': ['semconv', 'base', 'wire'],
  'desk/import': ['semconv', 'base', 'wire', 'archive', 'desk/store'],
  desk: [...ground, 'archive', 'desk/collector', 'desk/store', 'desk/import'],
  stack: ['semconv', 'base', 'wire', 'archive', 'desk/store'],
  commands: [
    ...ground,
    'archive',
    'desk',
    'desk/collector',
    'desk/store',
    'desk/import',
    'stack',
    'probe/spool',
    'probe/ship',
  ],
  bot: ['index.ts'],
  'index.ts': [
    'semconv',
    'probe/event',
    'probe/flow',
    'probe/instrument',
    'probe/log',
    'probe/telemetry',
  ],
  'cli.ts': ['commands', 'semconv'],
}

/** npm packages that a room may use, where that is limited: the API alone, so that any SDK can stand behind it. */
const packages: Readonly<Record<string, readonly string[]>> = {
  base: ['big.js', 'fastest-levenshtein'],
  semconv: [],
  redact: [],
  'probe/event': ['@opentelemetry/api'],
  'probe/flow': ['@opentelemetry/api'],
  'probe/instrument': ['@opentelemetry/api'],
}

const sources = globSync('src/**/*.ts').sort()

/** Static imports, re-exports and dynamic imports of a source text. */
function importsOf(text: string): string[] {
  const patterns = [/ from '([^']+)'$/gm, /^import '([^']+)'$/gm, /\bimport\('([^']+)'\)/g]
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, path = '']) => path))
}

/** `src/probe/flow/order.ts` → `probe/flow`; a file directly in a wing belongs to the wing; `src/index.ts` → `index.ts`. */
function roomOf(file: string): string {
  const path = relative('src', file)
  const folders = dirname(path).split('/')
  if (folders[0] === '.') return path
  if (folders[0] === 'probe' || folders[0] === 'desk') return folders.slice(0, 2).join('/')
  return folders[0] ?? ''
}

/** Imports that the tables forbid, as `file → what`. */
function forbidden(files: Readonly<Record<string, string>>): string[] {
  const wrong: string[] = []
  for (const [file, text] of Object.entries(files)) {
    const room = roomOf(file)
    const allowed = rooms[room]
    if (!allowed) {
      wrong.push(`${file} is in no known room (${room})`)
      continue
    }
    for (const path of importsOf(text)) {
      if (path.startsWith('.')) {
        const target = roomOf(join(dirname(file), path))
        if (target !== room && !allowed.includes(target)) wrong.push(`${file} → ${target}`)
      } else if (!path.startsWith('node:')) {
        const name = path
          .split('/')
          .slice(0, path.startsWith('@') ? 2 : 1)
          .join('/')
        if (packages[room] && !packages[room].includes(name)) wrong.push(`${file} → ${name}`)
      }
    }
  }
  return wrong
}

/** Files that can be reached from `entry` through static imports that remain at run time. */
function reachable(entry: string): Set<string> {
  const seen = new Set<string>()
  const open = [entry]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const text = readFileSync(file, 'utf8').replaceAll(/import type[^']*'[^']*'/g, '')
    for (const path of importsOf(text)) {
      if (path.startsWith('.')) open.push(join(dirname(file), path))
    }
  }
  return seen
}

/** Files that stand in a circle of imports, or between two of them. */
function circling(files: Readonly<Record<string, string>>): string[] {
  const rest = new Map(
    Object.entries(files).map(([file, text]) => [
      file,
      importsOf(text)
        .filter((path) => path.startsWith('.'))
        .map((path) => join(dirname(file), path)),
    ]),
  )
  // Who imports nobody that is left, and whom nobody imports that is left, is in no circle.
  for (let before = Infinity; rest.size < before;) {
    before = rest.size
    for (const [file, imports] of rest) {
      if (!imports.some((path) => rest.has(path))) rest.delete(file)
    }
    const imported = new Set([...rest.values()].flat())
    for (const file of rest.keys()) if (!imported.has(file)) rest.delete(file)
  }
  return [...rest.keys()]
}

describe('the house', () => {
  test('every file imports only what its room may import', () => {
    const files = Object.fromEntries(sources.map((file) => [file, readFileSync(file, 'utf8')]))
    expect(forbidden(files)).toEqual([])
  })

  test('a forbidden import is found, also of a type and also a dynamic one', () => {
    expect(
      forbidden({
        'src/semconv/planted.ts': `import type { Spool } from '../probe/spool/spool.ts'`,
        'src/probe/flow/planted.ts': `await import('../../desk/desk.ts')`,
        'src/probe/flow/planted-too.ts': `import { TracerProvider } from '@opentelemetry/sdk-trace'`,
        'src/utils/planted.ts': '',
      }),
    ).toEqual([
      'src/semconv/planted.ts → probe/spool',
      'src/probe/flow/planted.ts → desk',
      'src/probe/flow/planted-too.ts → @opentelemetry/sdk-trace',
      'src/utils/planted.ts is in no known room (utils)',
    ])
  })

  test('no file imports itself by way of others, not even its types', () => {
    const files = Object.fromEntries(sources.map((file) => [file, readFileSync(file, 'utf8')]))
    expect(circling(files)).toEqual([])
  })

  test('a circle is found, also one of types', () => {
    expect(
      circling({
        'src/base/leaf.ts': '',
        'src/base/one.ts': `import { two } from './two.ts'`,
        'src/base/two.ts': `import type { Three } from './three.ts'\nimport './leaf.ts'`,
        'src/base/three.ts': `export { one } from './one.ts'`,
        'src/base/user.ts': `import { one } from './one.ts'`,
      }),
    ).toEqual(['src/base/one.ts', 'src/base/two.ts', 'src/base/three.ts'])
  })

  test('a trading process never loads the desk', () => {
    const desk = [...reachable('src/index.ts')].filter((file) => file.startsWith('src/desk/'))
    expect(desk).toEqual([])
  })

  test('docs/house.md shows the rooms that the test knows, and README leads to it', () => {
    const page = readFileSync('docs/house.md', 'utf8')
    const missing = Object.keys(rooms).filter((room) => !page.includes(`\`${room}`))
    expect(missing).toEqual([])
    expect(readFileSync('README.md', 'utf8')).toContain('](docs/house.md)')
  })

  test('every test stands where its source stands, or in a room for whole stories', () => {
    const stories = new Set(['life', 'faults', 'survival', 'stack', 'browser', 'bench', 'pack'])
    const strays = globSync('test/*/**/*.test.ts', { exclude: ['test/fixtures/**'] })
      .filter((file) => !stories.has(file.split('/')[1] ?? ''))
      .filter((file) => !existsSync(join('src', dirname(relative('test', file)))))
    expect(strays).toEqual([])
  })

  test('nothing of a source is left for later', () => {
    const marks = /\b(TODO|FIXME|XXX|HACK)\b/
    const marked = sources.filter((file) => marks.test(readFileSync(file, 'utf8')))
    expect(marked).toEqual([])
  })
})

describe('what is exported', () => {
  test('every exported name has a doc comment', () => {
    const bare = sources.flatMap((file) => {
      const lines = readFileSync(file, 'utf8').split('\n')
      return lines.flatMap((line, index) => {
        const name =
          /^export (?:abstract |async )*(?:const|function\*?|class|interface|type) (\w+)/.exec(
            line,
          )?.[1]
        const before = lines[index - 1]?.trim() ?? ''
        return name && !before.endsWith('*/') && !overload(lines, index) ? [`${file}: ${name}`] : []
      })
    })
    expect(bare).toEqual([])
  })

  /** A further signature of a function whose first signature carries the comment. */
  function overload(lines: readonly string[], index: number): boolean {
    const name = /function (\w+)/.exec(lines[index] ?? '')?.[1]
    return Boolean(
      name && lines.slice(0, index).some((line) => line.includes(`export function ${name}`)),
    )
  }
})
