/**
 * The desk: one process beside the bots that receives what they send and keeps it.
 *
 * It starts whole or not at all, from the files outward: the archive is open before a sender can reach the collector.
 * It stops the other way round: nothing new is taken, what is in hand is answered, then the files are closed.
 */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { openArchive } from '../archive/archive.ts'
import { startUpkeep } from '../archive/upkeep.ts'
import { ownCategories } from '../wire/own-category.ts'
import { startCollector } from './collector/collector.ts'
import { startLiveIndex } from './import/live.ts'
import type { Clock } from '../base/clock.ts'
import type { WireRecord } from '../wire/record.ts'
import type { Archive, ArchiveCounts } from '../archive/archive.ts'
import type { IntakeCounts } from './collector/intake.ts'
import type { LiveIndex } from './import/live.ts'
import type { DeskSettings } from './settings.ts'

/** Options of {@link startDesk}. */
export interface DeskOptions extends DeskSettings {
  /** @default systemClock */
  readonly clock?: Clock | undefined
  /** Whether the SQLite index is filled while records come. @default false */
  readonly index?: boolean | undefined
  /** How long a stop waits for the index to have all of the files, in ms. @default 5000 */
  readonly indexWaitMs?: number | undefined
  /** Called with records once they are kept. */
  readonly onKept?: ((records: readonly WireRecord[]) => void) | undefined
  /** Called with what the owner should know. */
  readonly onNotice?: ((message: string) => void) | undefined
}

/** What a desk did since it started. */
export type DeskCounts = ArchiveCounts & IntakeCounts

/** A running desk. */
export interface DeskHandle {
  readonly host: string
  readonly ports: { readonly http: number; readonly grpc: number }
  /** Where the files are, as an absolute path. */
  readonly folder: string
  counts(): DeskCounts
  /** Answers what is in hand, for at most five seconds, waits for the index, and closes. Safe to call twice. */
  stop(): Promise<void>
}

const stopGraceMs = 5_000

/**
 * Starts a desk.
 * @throws FillpathError `port_taken`, `folder_in_use`, `folder_unwritable`, `setting_invalid`
 */
export async function startDesk(options: DeskOptions): Promise<DeskHandle> {
  const { host, onNotice } = options
  const folder = resolve(options.data)
  const live: { index?: LiveIndex } = {}
  const archive = await openArchive({
    folder,
    timeZone: options.timeZone,
    durable: options.durable,
    fileBytesMax: options.fileMax,
    folderBytesMax: options.dataMax,
    freeBytesMin: options.diskFreeMin,
    snapshotsEvery: options.snapshotsEvery,
    categories: ownCategories(options.categories, '--categories (FILLPATH_CATEGORIES)'),
    clock: options.clock,
    onKept: (records) => {
      live.index?.nudge()
      options.onKept?.(records)
    },
    onDeleted: () => live.index?.nudge(),
    onNotice,
  })
  const collector = await startCollector({
    sink: archive,
    host,
    httpPort: options.httpPort,
    grpcPort: options.grpcPort,
    token: options.token,
    hosts: options.allowHosts?.split(',').map((name) => name.trim()),
    bodyBytesMax: options.bodyMax,
    roomBytesMax: 4 * options.bodyMax,
  }).catch(async (error: unknown) => closeAndThrow(archive, error))
  if (options.token === undefined && !isLoopback(host)) {
    onNotice?.(
      `anyone who reaches ${host} can write to this desk; set FILLPATH_DESK_TOKEN to ask for a token`,
    )
  }
  const upkeep = startUpkeep({
    folder,
    timeZone: options.timeZone,
    archiveAfterDays: options.archiveAfterDays,
    deleteAfterDays: options.deleteAfterDays,
    exclusively: async (work) => archive.exclusively(work),
    clock: options.clock,
    onNotice,
    onDeleted: () => live.index?.nudge(),
  })
  if (options.index === true) {
    live.index = startLiveIndex({ folder, waitMs: options.indexWaitMs ?? stopGraceMs, onNotice })
  }
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await collector.stop(stopGraceMs)
    await upkeep.stop()
    await archive.close()
    await live.index?.stop()
  }
  return {
    host,
    ports: collector.ports,
    folder,
    counts: () => ({ ...archive.counts(), ...collector.counts() }),
    stop: async () => (stopped ??= stop()),
  }
}

async function closeAndThrow(archive: Archive, error: unknown): Promise<never> {
  await archive.close()
  throw error
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
