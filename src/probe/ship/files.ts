/**
 * The archive in a worker of the bot: the files that a desk writes, without a desk.
 *
 * - `write` resolves when the disk has the records, so that what the spool then deletes is nowhere but in the files.
 * - What comes again after a crash is known by its id from the end of the files.
 * - The age of files is looked after as a desk does it.
 */
import { openArchive } from '../../archive/archive.ts'
import type { Written } from '../../archive/archive.ts'
import { startUpkeep } from '../../archive/upkeep.ts'
import { decodeLogs, decodeMetrics, decodeTraces } from '../../wire/otlp-protobuf.ts'
import type { OwnCategory } from '../../wire/own-category.ts'
import type { WireRecord } from '../../wire/record.ts'
import type { Signal } from './endpoint.ts'
import type { ShipNotice, ShipNoticeListener } from './notice.ts'

/** Of each kind of file: more than may be written without a checkpoint, also where a character is three bytes. */
const recentBytes = 48 * 1024 * 1024

/** How the files are kept; the words and the defaults are those of a desk. Plain data: it goes to the worker. */
export interface FilesOptions {
  /** Absolute. Of this process alone. */
  readonly folder: string
  readonly timeZone: string
  /** Bytes. */
  readonly fileMax: number
  /** Bytes. */
  readonly dataMax: number | undefined
  /** Bytes. */
  readonly diskFreeMin: number
  readonly snapshotsEvery: number
  readonly archiveAfterDays: number
  readonly deleteAfterDays: number
  readonly categories: readonly OwnCategory[]
}

/** Open files. */
export interface Files {
  /**
   * Writes the records of a request.
   * @throws FillpathError `otlp_malformed`; the error of the system when none was written
   */
  write(signal: Signal, body: Uint8Array): Promise<Written>
  /** Ends what is under way and lets the folder go. */
  close(): Promise<void>
}

/** What {@link openFiles} needs beside the options. */
export interface FilesHost {
  readonly lockToken: string
  readonly say: ShipNoticeListener
}

const decode = {
  log: decodeLogs,
  span: decodeTraces,
  metric: decodeMetrics,
} as const satisfies Record<Signal, (body: Uint8Array) => WireRecord[]>

/**
 * Opens the files of a folder.
 * @throws FillpathError `folder_in_use`, `folder_unwritable`, `setting_invalid` (zone)
 */
export async function openFiles(options: FilesOptions, host: FilesHost): Promise<Files> {
  const { folder, timeZone, archiveAfterDays, deleteAfterDays } = options
  const tell = (level: ShipNotice['level']) => (message: string) =>
    host.say({ code: 'files', level, message })
  const archive = await openArchive({
    folder,
    timeZone,
    fileBytesMax: options.fileMax,
    folderBytesMax: options.dataMax,
    freeBytesMin: options.diskFreeMin,
    snapshotsEvery: options.snapshotsEvery,
    categories: options.categories,
    recentBytes,
    lockToken: host.lockToken,
    // The channel says so, as for a receiver that is away.
    tellsOutages: false,
    onNotice: tell('warn'),
  })
  const upkeep = startUpkeep({
    folder,
    timeZone,
    archiveAfterDays,
    deleteAfterDays,
    exclusively: async (work) => archive.exclusively(work),
    onNotice: tell('info'),
  })
  return {
    write: async (signal, body) => archive.write(decode[signal](body)),
    async close() {
      await upkeep.stop()
      await archive.close()
    },
  }
}
