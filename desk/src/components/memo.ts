/** For what there are many of on a page: made again only when what it is given changed. */

import { Component, type ComponentType, type FunctionComponent, h } from "preact";

export function memo<P extends object>(inner: FunctionComponent<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now: Readonly<P> = this.props;
      const names = Object.keys(next) as (keyof P)[];
      return names.some((name) => next[name] !== now[name]);
    }

    override render() {
      return h(inner, { ...this.props });
    }
  };
}
