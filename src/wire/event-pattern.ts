import { globMatcher } from '../base/glob.ts'
import { eventNameOf } from '../semconv/aliases.ts'

/**
 * A test for the names of events that are asked for: by a name in any spelling that is known (`order_filled`), or a
 * pattern with `*`; with or without `trading.`, which an event of the bot's own has not. A line that is no event has no
 * name, and no pattern takes it.
 */
export function eventMatcher(asked: string): (name: string) => boolean {
  const pattern = eventNameOf(asked) ?? asked
  const whole = globMatcher(pattern)
  const within = globMatcher(`trading.${pattern}`)
  return (name) => {
    const known = eventNameOf(name) ?? name
    return known !== '' && (whole(known) || within(known))
  }
}
