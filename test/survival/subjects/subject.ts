/** A way of logging: one line for each number, every tenth an error. */
export interface Subject {
  log(number: number): void
  /** What its documentation says to do before the process ends. */
  stop(): Promise<void>
}

/** Where a subject may write, and where it may send. */
export interface Place {
  readonly folder: string
  readonly url: string
}

/** Sets a way of logging up. */
export type Open = (place: Place) => Promise<Subject> | Subject

/** Whether the line is an error: a critical record of fillpath. */
export const isError = (number: number): boolean => number % 10 === 9

/** The text by which a line is found again. */
export const textOf = (number: number): string => `line ${number} of the bot`

/** The numbers in a text, as often as they stand there. */
export function numbersIn(text: string): number[] {
  return [...text.matchAll(/line (\d+) of the bot/g)].map(([, number]) => Number(number))
}

/** What stands beside the text, as in a line of a bot. */
export const fieldsOf = (number: number) => ({
  symbol: 'BTC/USDT',
  venue: 'binance',
  price: 43_210.5 + (number % 100),
  quantity: '0.010',
  task: 'abc123',
})
