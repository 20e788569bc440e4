import { severities } from '../semconv/severity.ts'
import { keyEventStyle } from './key-events.ts'
import type { Part } from '../archive/human.ts'
import type { Output, Style } from './output.ts'

/** Colours the parts of a log line, as the console of the bot does; the names of key events stand out. */
export function paintPart(output: Output): (part: Part, text: string, severity: number) => string {
  return (part, text, severity) => {
    const key = part === 'event' ? keyEventStyle(`trading.${text}`) : undefined
    return output.paint(key ?? styleOf(part, severity), text)
  }
}

function styleOf(part: Part, severityNumber: number): Style {
  switch (part) {
    case 'level':
      return levelStyle(severityNumber)
    case 'module':
      return 'cyan'
    case 'event':
      return 'bold'
    case 'time':
    case 'key':
    case 'trace':
    case 'stack':
      return 'dim'
  }
}

function levelStyle(severityNumber: number): Style {
  if (severityNumber >= severities.fatal) return ['bold', 'white', 'bgRed']
  if (severityNumber >= severities.error) return ['bold', 'red']
  if (severityNumber >= severities.warn) return ['bold', 'yellow']
  if (severityNumber >= severities.info) return 'green'
  return severityNumber >= severities.debug ? 'blue' : 'gray'
}
