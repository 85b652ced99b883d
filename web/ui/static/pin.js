// A map on which a pin is set: by a click, by dragging, or by typing into the fields it fills. Drawn when it is first seen.
const APART = 60; // pixels between two lines of the grid, at least
const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
let library;

function load(box) {
  library ||= new Promise((done, failed) => {
    const style = document.createElement("link");
    Object.assign(style, { rel: "stylesheet", href: box.dataset.style });
    const script = document.createElement("script");
    Object.assign(script, { src: box.dataset.library, onload: () => done(window.L), onerror: failed });
    document.head.append(style, script);
  });
  return library;
}

const field = (id) => (id ? document.getElementById(id) : null);

// The fields as one point: read and written.
function pointOf({ field: both, latField, lonField }) {
  const one = field(both), lat = field(latField), lon = field(lonField);
  const number = (text) => (text.trim() === "" ? NaN : Number(text.trim().replace(",", ".")));
  return {
    inputs: [one, lat, lon].filter(Boolean),
    read() {
      const parts = one ? one.value.split(one.value.includes(";") ? ";" : /,\s*(?=-?\d+\.)|,\s+|\s+/) : [lat.value, lon.value];
      const found = parts.length === 2 ? parts.map(number) : [NaN, NaN];
      return found.every(Number.isFinite) && Math.abs(found[0]) <= 90 && Math.abs(found[1]) <= 180 ? found : null;
    },
    write(place) {
      const words = [place.lat.toFixed(6), place.wrap().lng.toFixed(6)];
      if (one) one.value = words.join(", ");
      else [lat.value, lon.value] = words;
    },
  };
}

function drawGrid(L, map, layer) {
  layer.clearLayers();
  const bounds = map.getBounds(), span = bounds.getEast() - bounds.getWest();
  const step = STEPS.find((one) => map.getSize().x * one >= span * APART) ?? 20;
  const places = step < 0.01 ? 3 : step < 1 ? 2 : 0;
  const look = { className: "pin-grid", weight: 1, interactive: false };
  const label = (at, text, side) => L.marker(at, { interactive: false, keyboard: false, icon: L.divIcon({ className: `pin-degree pin-${side}`, html: text, iconSize: null }) });
  for (let lon = Math.ceil(bounds.getWest() / step) * step; lon < bounds.getEast(); lon += step) {
    layer.addLayer(L.polyline([[bounds.getSouth(), lon], [bounds.getNorth(), lon]], look));
    layer.addLayer(label([bounds.getSouth(), lon], `${lon.toFixed(places)}°`, "foot"));
  }
  const lowest = bounds.getSouth() + (bounds.getNorth() - bounds.getSouth()) * 0.12; // below it stand the other figures
  for (let lat = Math.ceil(bounds.getSouth() / step) * step; lat < bounds.getNorth(); lat += step) {
    layer.addLayer(L.polyline([[lat, bounds.getWest()], [lat, bounds.getEast()]], look));
    if (lat < lowest) continue;
    layer.addLayer(label([lat, bounds.getWest()], `${lat.toFixed(places)}°`, "edge"));
  }
}

function plainGround(L, map, towns) {
  const grid = L.layerGroup().addTo(map);
  for (const [name, lat, lon] of towns) {
    L.circleMarker([lat, lon], { radius: 4, weight: 0, className: "pin-town", interactive: false }).addTo(map)
      .bindTooltip(name, { permanent: true, direction: "right", className: "pin-name", offset: [6, 0] });
  }
  map.on("moveend zoomend resize", () => drawGrid(L, map, grid));
  drawGrid(L, map, grid);
}

async function draw(box) {
  box.hidden = false;
  const L = await load(box), { dataset } = box, point = pointOf(dataset);
  const map = L.map(box.querySelector(".pin-map"), { scrollWheelZoom: false, attributionControl: Boolean(dataset.tiles), worldCopyJump: true });
  const typed = dataset.fixed ? null : point.read();
  map.setView(typed ?? [Number(dataset.lat), Number(dataset.lon)], Math.min(typed ? 14 : Number(dataset.zoom), dataset.tiles ? 19 : 10)); // a grid says nothing nearer
  map.zoomControl.setPosition("topright");
  const Scale = L.Control.Scale.extend({
    _updateMetric(metres) {
      const round = this._getRoundNum(metres);
      this._updateScale(this._mScale, round < 1000 ? `${round}\u00a0м` : `${round / 1000}\u00a0км`, round / metres);
    },
  });
  new Scale({ imperial: false, position: "topleft" }).addTo(map);
  if (dataset.tiles) L.tileLayer(dataset.tiles, { maxZoom: 19, attribution: dataset.credit }).addTo(map);
  else plainGround(L, map, JSON.parse(dataset.towns));

  const icon = L.divIcon({ className: "pin-mark", iconSize: [24, 32], iconAnchor: [12, 31], html: '<svg viewBox="0 0 24 32" aria-hidden="true"><path d="M12 31C5 21 1 17 1 11.500a11 11 0 0 1 22 0C23 17 19 21 12 31z"/><circle cx="12" cy="11.500" r="4"/></svg>' });
  const guess = (mark) => mark.addTo(map).getElement().classList.add("pin-guess");
  if (dataset.fixed) {
    const mark = L.marker(map.getCenter(), { icon, interactive: false, keyboard: false }).addTo(map);
    return dataset.guess ? guess(mark) : mark;
  }
  const mark = L.marker(map.getCenter(), { draggable: true, icon, autoPan: true, title: "Метка адреса" });
  const put = (place) => mark.setLatLng(place).addTo(map).getElement().classList.remove("pin-guess");
  mark.on("dragend", () => { put(mark.getLatLng()); point.write(mark.getLatLng()); });
  if (typed) put(typed);
  else if (dataset.guess) guess(mark);
  map.on("click", ({ latlng }) => { put(latlng); point.write(latlng); });
  for (const input of point.inputs) {
    input.addEventListener("change", () => {
      const place = point.read();
      if (place) { put(place); map.panTo(place); } else mark.remove();
    });
  }
}

for (const box of document.querySelectorAll("[data-pin-map]")) {
  const fold = box.closest("details");
  const show = () => { if (box.hidden) draw(box).catch((error) => console.warn(error)); };
  if (!fold || fold.open) show();
  else fold.addEventListener("toggle", () => fold.open && show());
}
