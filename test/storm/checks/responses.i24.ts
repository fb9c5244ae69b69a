import type { Exchange } from '../clients/history.ts';
import type { Violation } from './violation.ts';

const ALLOWED_DURING_FAULTS: readonly number[] = [502, 503, 504];

/** I24: responses match the contract; a valid session gets no 401; 502, 503 and 504 occur only with faults. */
export function checkResponses(exchanges: readonly Exchange[], { faults }: { faults: number }): Violation[] {
  const describe = ({ seq, request: { operation }, response }: Exchange) =>
    `request ${seq}, ${operation}, returned ${response!.status} ${response!.kind ?? ''}`;
  return exchanges.flatMap((exchange): Violation[] => {
    const { response, undocumented } = exchange;
    if (!response)
      return faults > 0
        ? []
        : [
            {
              invariant: 'I24',
              what: `request ${exchange.seq}, ${exchange.request.operation}, failed: ${exchange.connectionError}`,
            },
          ];
    if (undocumented !== undefined) return [{ invariant: 'I24', what: `${describe(exchange)}: ${undocumented}` }];
    if (response.status === 401 && exchange.userId !== undefined)
      return [{ invariant: 'I24', what: `${describe(exchange)}, although its session is valid` }];
    if (response.status < 500) return [];
    const explained = faults > 0 && ALLOWED_DURING_FAULTS.includes(response.status) && response.kind !== undefined;
    return explained ? [] : [{ invariant: 'I24', what: describe(exchange) }];
  });
}
