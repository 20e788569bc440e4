import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppendFile } from '../../src/archive/append-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillpath-append-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const bytes = (text: string): Buffer => Buffer.from(text)

function file(path: string, repaired: number[] = []): AppendFile {
  return new AppendFile(path, {
    isWholeLine: (text) => text.endsWith('}'),
    durable: true,
    onRepair: (_path, cut) => repaired.push(cut),
  })
}

describe('a file of lines', () => {
  test('[A04, C34] grows by what is appended, with modes for the owner alone', async () => {
    const path = join(folder, 'a', 'b', 'events.jsonl')
    const events = file(path)
    await events.append(bytes('{"a":1}\n'))
    await events.append(bytes('{"a":2}\n'))
    await events.sync()
    await events.close()
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'a', 'b')).mode & 0o777).toBe(0o700)
  })

  test('[B48] cuts the torn last line of a crash off, at every place it can be torn', async () => {
    const line = '{"a":"zwei €"}\n'
    for (let cut = 1; cut < Buffer.byteLength(line) - 1; cut += 1) {
      const path = join(folder, `torn-${cut}.jsonl`)
      writeFileSync(path, Buffer.concat([bytes(line), bytes(line).subarray(0, cut)]))
      const repaired: number[] = []
      const events = file(path, repaired)
      await events.append(bytes('{"a":3}\n'))
      await events.close()
      expect(readFileSync(path, 'utf8')).toBe(`${line}{"a":3}\n`)
      expect(repaired).toEqual([cut])
    }
  })

  test('[B48] completes a last line of which only the newline is missing', async () => {
    const path = join(folder, 'whole.jsonl')
    writeFileSync(path, '{"a":1}\n{"a":2}')
    const events = file(path)
    await events.append(bytes('{"a":3}\n'))
    await events.close()
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n{"a":3}\n')
  })

  test('[B48] finds the last whole line also behind megabytes of zeros, as a power cut leaves them', async () => {
    const path = join(folder, 'zeros.jsonl')
    writeFileSync(path, Buffer.concat([bytes('{"a":1}\n'), Buffer.alloc(3 * 1024 * 1024)]))
    const events = file(path)
    await events.append(bytes('{"a":2}\n'))
    await events.close()
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n')
  })

  test('[D03] takes its last append back, once', async () => {
    const path = join(folder, 'undo.jsonl')
    const events = file(path)
    await events.append(bytes('{"a":1}\n'))
    await events.append(bytes('{"a":2}\n'))
    await events.undo()
    await events.undo()
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n')
    await events.append(bytes('{"a":3}\n'))
    await events.close()
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":3}\n')
  })

  test('writes into a new file after its own was renamed or removed by others', async () => {
    const path = join(folder, 'rolled.jsonl')
    const events = file(path)
    await events.append(bytes('{"a":1}\n'))
    renameSync(path, `${path}.1`)
    await events.append(bytes('{"a":2}\n'))
    rmSync(path)
    await events.append(bytes('{"a":3}\n'))
    await events.close()
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('{"a":1}\n')
    expect(readFileSync(path, 'utf8')).toBe('{"a":3}\n')
  })

  test('goes on cleanly after others cut the file or appended half a line to it', async () => {
    const path = join(folder, 'shared.jsonl')
    const events = file(path)
    await events.append(bytes('{"a":1}\n'))
    truncateSync(path, 0)
    await events.append(bytes('{"a":2}\n'))
    appendFileSync(path, '{"half":')
    await events.append(bytes('{"a":3}\n'))
    await events.close()
    expect(readFileSync(path, 'utf8')).toBe('{"a":2}\n{"a":3}\n')
  })
})
