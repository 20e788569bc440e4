import { Command } from 'commander'
import { alertsCommand } from './alerts.ts'
import { checkCommand } from './check.ts'
import type { Output } from '../output.ts'
import type { ExitCode } from '../exit-code.ts'

const examples = `
The stack is the Collector, Tempo, Loki, Prometheus and Grafana of docker-compose.yml. "npm run stack" starts it.

Examples:
  $ fillpath stack check                       does a record sent now arrive in each server?
  $ fillpath stack alerts --days 7             what fired, and from when to when
  $ fillpath trace sig_abc123 --from stack     a flow, from Tempo and Loki
  $ fillpath tail --from stack                 the lines of all bots
  $ fillpath query stats --from stack          any question of query`

/** `fillpath stack`: look after the stack. */
export function stackCommand(output: Output, end: (code: ExitCode) => void): Command {
  return new Command('stack')
    .description('check the Collector, Tempo, Loki, Prometheus and Grafana')
    .addHelpText('after', examples)
    .addCommand(checkCommand(output, end))
    .addCommand(alertsCommand(output, end))
}
