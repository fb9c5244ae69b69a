import type { Exchange } from '../clients/history.ts';
import type { Violation } from './violation.ts';

const WHEN_BROKEN: readonly number[] = [502, 503, 504];

/** Whether each answer is one that the contract has, and of the failures only those that faults explain; without faults none. Nobody with a session is taken for a stranger. */
export function brokenAnswers(exchanges: readonly Exchange[], { faults }: { faults: number }): Violation[] {
  const told = ({ seq, asked: { operation }, answer }: Exchange) =>
    `request ${seq}, ${operation}, was answered ${answer!.status} ${answer!.kind ?? ''}`;
  return exchanges.flatMap((exchange): Violation[] => {
    const { answer, undocumented } = exchange;
    if (!answer)
      return faults > 0
        ? []
        : [
            {
              invariant: 'I24',
              what: `request ${exchange.seq}, ${exchange.asked.operation}, got no answer: ${exchange.broken}`,
            },
          ];
    if (undocumented !== undefined) return [{ invariant: 'I24', what: `${told(exchange)}: ${undocumented}` }];
    if (answer.status === 401 && exchange.as !== undefined)
      return [{ invariant: 'I24', what: `${told(exchange)}, and its session holds` }];
    if (answer.status < 500) return [];
    const explained = faults > 0 && WHEN_BROKEN.includes(answer.status) && answer.kind !== undefined;
    return explained ? [] : [{ invariant: 'I24', what: told(exchange) }];
  });
}
