// Leadership among the tabs of an origin: who leads may hold a request, so that held requests never use up
// the connections that a browser allows to one host.
//
// A Web Lock is the leadership; a tab that goes away gives it up without a word. Where there are no locks, every tab leads.

/** @type {(locks: Pick<LockManager, "request"> | undefined, name: string, changed: () => void) => any} */
export const createLeader = (locks, name, changed) => {
  /** @type {AbortController | undefined} */
  let claim;

  /** @type {(leads: boolean) => void} */
  const decide = (leads) => {
    leader.leads = leads;
    changed();
  };

  /** First it asks whether the lock is free, then it waits for it. @type {(signal: AbortSignal, how: LockOptions) => void} */
  const ask = (signal, how) => {
    locks
      ?.request(name, how, (lock) => {
        if (signal.aborted) return;
        decide(!!lock);
        return lock ? new Promise((resolve) => signal.addEventListener("abort", resolve)) : ask(signal, { signal });
      })
      // An origin without storage has no locks either.
      .catch(() => signal.aborted || decide(true));
  };

  const leader = {
    /** Whether this tab may hold a request; undefined until that is known. @type {boolean | undefined} */
    leads: false,

    /** Whether it would. @param {boolean} isWanted */
    want(isWanted) {
      if (isWanted === !!claim) return;
      claim?.abort();
      claim = isWanted ? new AbortController() : undefined;
      leader.leads = isWanted && (locks ? undefined : true);
      if (claim) ask(claim.signal, { ifAvailable: true });
    },
  };
  return leader;
};
