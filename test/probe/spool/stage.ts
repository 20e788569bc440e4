/** Spools in temporary folders of the real disk. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { SpoolNotice } from '../../../src/probe/spool/notice.ts'
import type { SpoolOptions } from '../../../src/probe/spool/options.ts'
import type { Line, ReaderOptions, SpoolReader } from '../../../src/probe/spool/reader.ts'
import { openReader } from '../../../src/probe/spool/reader.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'
import { openSpool } from '../../../src/probe/spool/spool.ts'
import type { PriorityClass } from '../../../src/semconv/classes.ts'
import type { QuarantineNote, Signal } from '../../../src/wire/frame.ts'
import { decodeQuarantined, readFrame } from '../../../src/wire/frame.ts'
import { segmentHeaderBytes } from '../../../src/wire/segment.ts'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fillpath-spool-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A spool that is closed after the test, and what it said. */
export function stage(options: Partial<SpoolOptions> = {}): {
  spool: Spool
  notices: SpoolNotice[]
} {
  const notices: SpoolNotice[] = []
  const folder = options.folder ?? temporaryFolder()
  const spool = openSpool({
    reserveBytes: 0,
    onNotice: (notice) => notices.push(notice),
    ...options,
    folder,
  })
  onTestFinished(() => spool.closeSync())
  return { spool, notices }
}

export interface Record {
  readonly class?: PriorityClass
  readonly signal?: Signal
  readonly scope?: string
}

/** Emits a record of this text; says what `commit` said. */
export function emit(spool: Spool, text: string, record: Record = {}): boolean {
  const origin = spool.origin({
    resource: Buffer.from('the bot'),
    scope: Buffer.from(record.scope ?? 'the scope'),
  })
  const room = spool.begin(record.class ?? 'critical', origin)
  const payload = Buffer.from(text)
  room.reserve(payload.length)
  room.bytes.set(payload, room.position)
  room.position += payload.length
  return spool.commit(room, record.signal ?? 'log')
}

/** A reader that is closed after the test. */
export function stageReader(
  options: Omit<ReaderOptions, 'destinations'> & Partial<ReaderOptions>,
): {
  reader: SpoolReader
  notices: SpoolNotice[]
} {
  const notices: SpoolNotice[] = []
  const reader = openReader({
    destinations: ['collector'],
    onNotice: (notice) => notices.push(notice),
    ...options,
  })
  onTestFinished(() => reader.close())
  return { reader, notices }
}

/** Takes all records of a line, acknowledges them and returns their texts. */
export function take(
  reader: SpoolReader,
  line: Line = 'backlog',
  destination = 'collector',
): string[] {
  const texts: string[] = []
  for (;;) {
    const records = reader.next(destination, line, { recordsMax: 100, bytesMax: 1e6 })
    if (records.length === 0) return texts
    reader.ack(destination, records)
    texts.push(...records.map(({ payload }) => Buffer.from(payload).toString()))
  }
}

/** Everything in a folder, read by someone who only looks. */
export function look(folder: string): string[] {
  const reader = openReader({
    place: { root: folder, owner: undefined, boot: undefined },
    destinations: ['collector'],
    readOnly: true,
    onNotice: () => undefined,
  })
  const texts = take(reader)
  reader.close()
  return texts
}

/** Paths of the files in a folder and below, relative to it. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

/** The segment files in a folder, as full paths. */
export function segmentsIn(folder: string): string[] {
  return filesIn(folder)
    .filter((path) => path.endsWith('.seg') && !path.startsWith('quarantine'))
    .map((path) => join(folder, path))
}

/** What was put aside in a folder. */
export function quarantined(folder: string): { note: QuarantineNote; text: string }[] {
  const found: { note: QuarantineNote; text: string }[] = []
  for (const path of filesIn(folder).filter((name) => name.startsWith('quarantine'))) {
    const bytes = readFileSync(join(folder, path))
    for (let place = segmentHeaderBytes; place < bytes.length;) {
      const { frame } = readFrame(bytes, place)
      const entry = frame && decodeQuarantined(frame.payload)
      if (frame === undefined || entry === undefined)
        throw new Error(`the quarantine is broken at ${place}`)
      found.push({ note: entry.note, text: Buffer.from(entry.bytes).toString() })
      place = frame.end
    }
  }
  return found
}
