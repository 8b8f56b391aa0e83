// Where the link in a page to a person leads: the notice it was about. Opening it here says that the page was read.
import { useEffect } from "preact/hooks";
import { useApp } from "../context";
import { ShownNotice, useLoaded } from "./notices";

export function DeliveryPage({ delivery }: { readonly delivery: string }) {
  const { api, pages, store } = useApp();
  const connected = store.connection.value !== "lost";
  useEffect(() => {
    if (connected) pages.opened(delivery);
  }, [pages, delivery, connected]);
  return <ShownNotice detail={useLoaded(() => api.noticeOfDelivery(delivery), delivery)} />;
}
