import type { Row, Story } from './fields.ts'

/** Whether an event tells how a run began or ended. */
export function tellsOfRun(type: string): boolean {
  return type.startsWith('trading.run.')
}

const ends = ['trading.run.ended', 'trading.run.crashed'] as const

/** What the events of a run say of it; nothing of each column where there are none. */
export function runRow(story: Story): Row {
  const finished = story.events.filter(({ type }) => ends.some((end) => end === type))
  // Counted, not by time alone: a crash stands at the last time known of its run, to the millisecond.
  const isOver = finished.length > 0 && finished.length >= story.count('trading.run.started')
  const last = isOver ? finished.at(-1) : undefined
  return {
    status: statusOf(story, last?.type),
    started_at: story.firstAt('trading.run.started'),
    ended_at: last?.timestamp ?? null,
    reason: last?.type === 'trading.run.ended' ? story.last('trading.shutdown.reason') : null,
    mode: story.last('trading.mode'),
    code_commit: story.last('trading.code.commit'),
    config_hash: story.last('trading.config.hash'),
  }
}

function statusOf({ events }: Story, end: string | undefined): string | null {
  if (events.length === 0) return null
  if (end === undefined) return 'running'
  return end === 'trading.run.ended' ? 'ended' : 'crashed-recovered'
}
