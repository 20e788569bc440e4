import { label } from '../names.ts'
import { counts, ranking, records } from './panels.ts'
import type { Board } from './board.ts'

const bot = `{${label('trading.bot.id')}=~"$bot"}`

/** Log lines, by level, event and task. */
export const logLines: Board = {
  name: 'logs',
  title: 'Logs',
  description: 'Lines by level, event and task; each leads to its trace.',
  rows: {
    Lines: [
      counts({
        title: 'By level',
        description: 'Lines per interval.',
        query: `sum by (detected_level) (count_over_time(${bot}[$__auto]))`,
        legend: '{{detected_level}}',
      }),
      counts({
        title: 'By event',
        description: 'Events per interval.',
        query: `sum by (event_name) (count_over_time(${bot} | event_name != "" [$__auto]))`,
        legend: '{{event_name}}',
      }),
      ranking({
        title: 'By task',
        description: 'The tasks with the most lines in the shown range.',
        // At one moment: over time each step could have twenty others.
        query: `topk(20, sum by (${label('trading.task.id')}) (count_over_time(${bot} | ${label('trading.task.id')} != "" [$__range])))`,
      }),
      counts({
        title: 'Errors by type',
        description: 'Errors per interval.',
        query: `sum by (${label('exception.type')}) (count_over_time(${bot} | severity_number >= 17 [$__auto]))`,
        legend: `{{${label('exception.type')}}}`,
      }),
    ],
    Errors: [
      records({
        title: 'Errors with stack',
        description: 'The stack stands in the details of a line.',
        query: `${bot} | severity_number >= 17`,
      }),
    ],
    All: [
      records({
        title: 'All lines',
        description: 'Narrow with the field *search*; click trace_id to open the trace.',
        query: `${bot} |~ "(?i)$search"`,
      }),
    ],
  },
}
