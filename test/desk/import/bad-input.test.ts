import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { importFile, importStream, noCounts } from '../../../src/desk/import/import.ts'
import { Rejects } from '../../../src/desk/import/rejects.ts'
import { filesAt } from '../../../src/desk/import/sources.ts'
import { openStore } from '../../../src/desk/store/store.ts'
import { encodeLine } from '../../../src/wire/line.ts'
import type { BadLine, ImportCounts, ImportOptions } from '../../../src/desk/import/import.ts'
import { allRows } from '../store/rows.ts'
import { taskEvents } from '../store/scenario.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-bad-input-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Lines of so many tasks, 18 each. */
function linesOf(tasks: number, prefix = 't'): string[] {
  return Array.from({ length: tasks }, (_, task) =>
    taskEvents(`${prefix}${task}`, task * 1_000, task % 3 > 0).map((event) => encodeLine(event)),
  ).flat()
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function imported(
  path: string,
  index = 'index.db',
  options: ImportOptions = {},
): Promise<ImportCounts> {
  const counts = noCounts()
  const store = openStore(join(folder, index))
  try {
    for (const file of await filesAt(path, folder)) {
      await importFile(store, file, counts, options)
    }
    return counts
  } finally {
    store.close()
  }
}

describe('bytes that are no lines', () => {
  test('[B48] zeros before a line, byte order marks of joined files, CR, LF and CRLF: every record is read', async () => {
    const lines = linesOf(1)
    const ends = ['\n', '\r\n', '\r', '\n\u0000\u0000\u0000', '\n\uFEFF', '\r\n\r\n']
    const text = lines.map((line, index) => line + (ends[index % ends.length] ?? '')).join('')
    const bad: BadLine[] = []
    const path = write('a.jsonl', text)
    const counts = await imported(path, 'index.db', { onBadLine: (line) => bad.push(line) })
    expect(bad).toEqual([])
    expect(counts.added).toBe(lines.length)
    await imported(write('plain.jsonl', `${lines.join('\n')}\n`), 'plain.db')
    expect(allRows(join(folder, 'index.db'))).toEqual(allRows(join(folder, 'plain.db')))
  })

  test('[B48] a zero within a line spoils that line alone, zeros alone are told', async () => {
    const [first = '', second = '', third = ''] = linesOf(1)
    const bad: BadLine[] = []
    const text = [first, second.replace('trading', 'tra\u0000ding'), '\u0000\u0000', third]
    const options = { onBadLine: (line: BadLine) => bad.push(line) }
    const counts = await imported(write('a.jsonl', `${text.join('\n')}\n`), 'index.db', options)
    expect(counts).toMatchObject({ added: 2, bad: 2 })
    expect(bad.map(({ line }) => line)).toEqual([2, 3])
  })

  test('UTF-16 that is piped in is refused with what to do', async () => {
    const store = openStore(join(folder, 'index.db'))
    const stream = Readable.from([Buffer.from(`\uFEFF${linesOf(1).join('\n')}`, 'utf16le')])
    const work = importStream(store, stream, noCounts(), { name: '-' })
    await expect(work).rejects.toMatchObject({
      code: 'line_malformed',
      hint: expect.stringContaining('iconv -f UTF-16'),
    })
    store.close()
  })

  test('[B48] a line of more than 2 GiB is told, takes no memory of its size, and what follows it is read', () => {
    const lines = linesOf(1)
    const path = write('a.jsonl', `${lines[0] ?? ''}\n`)
    // Zeros that are nowhere on the disk.
    truncateSync(path, 2_100 * 1024 * 1024)
    appendFileSync(path, `\n${lines.slice(1).join('\n')}\n`)
    const script = fileURLToPath(new URL('giant.ts', import.meta.url))
    const child = spawnSync(process.execPath, [script, path, join(folder, 'index.db')], {
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    const told = JSON.parse(child.stdout)
    expect(told).toMatchObject({ added: lines.length, bad: 1, unfinished: 0 })
    expect(told.reasons).toEqual([expect.stringContaining('the line has 2,100 MiB')])
    expect(told.memoryMiB).toBeLessThan(300)
  }, 600_000)

  test('a last line that is too long and has no end is left alone', async () => {
    const lines = linesOf(1)
    const path = write('a.jsonl', `${lines.join('\n')}\n{`)
    truncateSync(path, 120 * 1024 * 1024)
    expect(await imported(path)).toMatchObject({ added: lines.length, bad: 0, unfinished: 1 })
  })
})

describe('a file that changes while it is read', () => {
  test('[B48] what is added meanwhile is read now or next time, once', async () => {
    const lines = linesOf(600)
    const half = lines.length >> 1
    const path = write(
      'a.jsonl',
      `${lines.slice(0, half).join('\n')}\n${lines[half]?.slice(0, 50)}`,
    )
    let isAdded = false
    const first = await imported(path, 'index.db', {
      onProgress: () => {
        if (!isAdded)
          appendFileSync(path, `${lines[half]?.slice(50)}\n${lines.slice(half + 1).join('\n')}\n`)
        isAdded = true
      },
    })
    const second = await imported(path)
    expect(first.bad + second.bad).toBe(0)
    expect(first.added + second.added).toBe(lines.length)
  })

  test('[B48] one that is emptied and written anew is read from its start next time', async () => {
    const before = linesOf(600)
    const after = linesOf(700, 'u')
    const path = write('a.jsonl', `${before.join('\n')}\n`)
    let isChanged = false
    await imported(path, 'index.db', {
      onProgress: (bytes) => {
        if (isChanged || bytes === 0) return
        isChanged = true
        writeFileSync(path, `${after.join('\n')}\n`)
      },
    })
    expect(isChanged).toBe(true)
    await imported(path)
    const { events = [], orderbook_snapshots: snapshots = [] } = allRows(join(folder, 'index.db'))
    const tasks = [...events, ...snapshots].filter((row) => String(row['task_id']).startsWith('u'))
    expect(tasks).toHaveLength(after.length)
  })
})

describe('lines that are put aside', () => {
  test('[B48] each once, however often it is met, also behind half a line of a full disk', () => {
    const row = (line: number): BadLine => ({ file: 'a', line, reason: 'not JSON', text: '{' })
    for (const batch of [
      [1, 2],
      [1, 2, 3],
      [2, 4],
    ]) {
      const rejects = new Rejects(folder)
      for (const line of batch) rejects.add(row(line))
      rejects.close()
    }
    const path = join(folder, 'import-rejects.jsonl')
    const numbers = (): unknown[] =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line) => (line.startsWith('{"file":"a"') ? [JSON.parse(line).line] : []))
    expect(numbers()).toEqual([1, 2, 3, 4])
    appendFileSync(path, '{"fil')
    const rejects = new Rejects(folder)
    rejects.add(row(5))
    rejects.close()
    expect(numbers()).toEqual([1, 2, 3, 4, 5])
  })
})

const disk = mkdtempSync(join(tmpdir(), 'fillpath-import-disk-'))
// Only root may make a file system.
const isMounted =
  spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]).status === 0

describe.runIf(isMounted)('a full disk', () => {
  afterEach(() => {
    spawnSync('/bin/umount', [disk])
    rmSync(disk, { recursive: true, force: true })
  })

  test('[B44, B48] [P12] ends the import with what to do; with room again it goes on to the same rows', async () => {
    const path = write('a.jsonl.zst', zstdCompressSync(`${linesOf(400).join('\n')}\n`))
    await imported(path, 'wanted.db')
    mkdirSync(join(disk, 'data'))
    const work = async (): Promise<void> => {
      const store = openStore(join(disk, 'data', 'index.db'))
      try {
        for (const file of await filesAt(path, folder)) await importFile(store, file, noCounts())
      } finally {
        store.close()
      }
    }
    await expect(work()).rejects.toMatchObject({
      code: 'folder_unwritable',
      message: expect.stringContaining('no space is left'),
    })
    spawnSync('/bin/mount', ['-o', 'remount,size=200m', disk])
    await work()
    expect(allRows(join(disk, 'data', 'index.db'))).toEqual(allRows(join(folder, 'wanted.db')))
  })
})
