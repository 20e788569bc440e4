import { durationText } from '../time-text.ts'
import { many } from '../words.ts'
import { isFolder, ownerText, seenMsMax } from './place.ts'
import { lostText } from './runs.ts'
import type { KnownRun } from './runs.ts'
import type { BootSurvey } from './survey.ts'

/** Something that a person has to see to. */
export interface Trouble {
  /** Stable name. */
  readonly code: 'full' | 'died' | 'lost' | 'unsent' | 'damaged' | 'quarantined' | 'unreadable'
  readonly message: string
  /** What to do about it. */
  readonly hint: string
}

/** What is known of a spool. */
export interface Known {
  readonly root: string
  readonly runs: readonly BootSurvey[]
  /** How each run ended, as far as it is known. */
  readonly history: readonly KnownRun[]
  /** Records in the quarantine. */
  readonly quarantined: number
  /** Files of the quarantine that cannot be read. */
  readonly problems: readonly string[]
  /** Bytes that are free on its disk, where they are too few for records. */
  readonly freeBytesIfFull: number | undefined
}

/** Who has lost normal records, and whose oldest record waits for so long, will lose more. */
const behindMsMin = 60_000

/** What needs the owner of the bot. */
export function troublesOf(known: Known): Trouble[] {
  const { root, runs, history, quarantined, problems, freeBytesIfFull } = known
  const troubles: Trouble[] = []
  if (freeBytesIfFull !== undefined) {
    troubles.push({
      code: 'full',
      message: `the disk of ${root} is full (${many(freeBytesIfFull, 'byte')} free): beyond its reserve a bot has records in memory only, and they are lost when it ends`,
      hint: 'Make room on that disk, or start the bot with a spool on another: FILLPATH_SPOOL_FOLDER.',
    })
  }
  for (const { life, pid, service, boot } of history) {
    // Where its folder was deleted, no start finds it: that would be told for ever.
    if (life !== 'died' || !runs.some((run) => run.boot.boot === boot)) continue
    troubles.push({
      code: 'died',
      message: `${service} (pid ${pid}) died without an end in good order, and was not started again`,
      hint: 'Find out why (its last lines, "journalctl -k" for want of memory). Its next start closes the flows that it left open.',
    })
  }
  for (const run of history) {
    const survey = runs.find(({ boot }) => boot.boot === run.boot)
    const { critical, normal } = run.lost ?? {}
    const goesOn = normal !== undefined && (survey?.oldestMs ?? 0) > behindMsMin
    if (survey === undefined || (critical === undefined && !goesOn)) continue
    troubles.push({
      code: 'lost',
      message: `${run.service} (pid ${run.pid}) has ${lostText(run)}`,
      hint: 'Let its disk have more room ("disk_full", "exit"), or its spool a larger quota ("quota"): FILLPATH_SPOOL_QUOTA.',
    })
  }
  for (const run of runs) {
    const { boot, waitingRecords, oldestMs, damage } = run
    const seenAgoMs = Date.now() - (boot.seenMs ?? 0)
    const isAway = boot.life === 'unsure' ? seenAgoMs > seenMsMax : boot.life !== 'alive'
    if (isAway && waitingRecords > 0) {
      const folder = [...run.lacks.keys()].find(isFolder)
      const to = folder === undefined ? '' : ` --to ${folder}`
      troubles.push({
        code: 'unsent',
        message: `${ownerText(boot)} and left ${many(waitingRecords, 'record')} unsent, the oldest for ${durationText(oldestMs)}`,
        hint: `Start the bot again: it sends them too. Or send them without it: fillpath spool drain --spool ${root}${to}`,
      })
    }
    if (damage.length > 0) {
      troubles.push({
        code: 'damaged',
        message: `${boot.path} has ${many(damage.length, 'damaged place')}`,
        hint: `See which records are lost, then look at the disk: fillpath spool verify ${boot.path}`,
      })
    }
  }
  const unread = [...runs.flatMap((run) => run.problems), ...problems]
  for (const message of unread) {
    troubles.push({
      code: 'unreadable',
      message,
      hint: 'Look at its owner and mode, or use the version of fillpath that wrote it; nothing in it was touched.',
    })
  }
  if (quarantined > 0) {
    troubles.push({
      code: 'quarantined',
      message: `${many(quarantined, 'record')} were damaged, or refused by a receiver for good`,
      hint: `See them with their reasons: fillpath spool quarantine --spool ${root}. Delete ${root}/quarantine when you have.`,
    })
  }
  return troubles
}
