"""What people ask about: topics that the knowledge base covers and topics that it lacks.

Neighbouring topics share words on purpose (schedules and tariffs, sensors and humidity), so that
telling a gap from a covered question is work.
"""

from dataclasses import dataclass, field

# "# id | surface | query type | covered, gap or filled later | title", then one phrase a line.
_TEXT = """
# pairing | chat | howto | covered | Connect a thermostat
n pairing the thermostat
n the Wi-Fi setup of a new thermostat
n adding a second thermostat
de die Verbindung des Thermostats mit dem WLAN
es la conexión del termostato al Wi-Fi
fr la connexion du thermostat au Wi-Fi
q the wall unit keeps blinking blue and never shows up in my app
q my phone cannot find the device during setup
q I changed my router and now nothing is connected any more
q code on the sticker is refused when I scan it
f Hold the dial for seven seconds until the ring turns blue, then scan the sticker in the app.
f The thermostat joins 2.4 GHz networks only; guest networks with a sign-in page do not work.
f After a router change, open Device, Network and choose Replace network to keep all settings.
f A pairing code is valid for ten minutes and can be renewed from the device menu.
# schedule | chat | howto | covered | Weekly heating schedule
n the weekly schedule
n heating times for weekdays
n copying a schedule to another room
de der Wochenplan für die Heizung
es el horario semanal de la calefacción
fr le programme hebdomadaire du chauffage
q it warms the living room at six although nobody gets up before eight
q how do weekends get other times than workdays
q the morning block disappeared from my plan
q rooms heat up one hour late since the clocks changed
f A schedule has up to eight blocks a day; each block sets one target temperature.
f Press and hold a day to copy its blocks to other days or to another room.
f Schedules follow the clock of the home, so a change to summer time needs no action.
f Early start learns how long a room needs and begins heating before the block does.
# away | chat | howto | covered | Away mode and holidays
n away mode
n holiday mode for two weeks
n automatic leaving detection
de der Abwesenheitsmodus im Urlaub
es el modo ausente durante las vacaciones
fr le mode absence pendant les vacances
q we fly on Saturday, what do I set so that pipes do not freeze
q heating stays on even when everybody has left the flat
q it thinks we are gone while my son is at home
f Away mode holds every room at the frost or eco temperature until somebody comes back.
f Holiday mode has a start and an end and overrides all schedules in between.
f Leaving detection needs the location permission of every member and a radius of 200 metres.
f Return early and the first person at home ends away mode within five minutes.
# sensor | chat | troubleshoot | covered | Wrong room temperature
n the temperature offset
n a room sensor that reads too high
n calibrating the remote sensor
de der Temperaturfühler mit falschen Werten
es el sensor de temperatura que mide mal
fr la sonde de température qui se trompe
q display says 24 but my own thermometer shows 21
q one radiator valve believes it is tropical in here
q bedroom shows a stale value from yesterday evening
f Place sensors 1.5 metres above the floor, away from sun, lamps and draughts.
f An offset between minus 3 and plus 3 degrees can be set for each sensor.
f A sensor that was silent for 90 minutes is shown in grey and left out of the average.
f Wait an hour after calibration before you judge the new value.
# heatpump | chat | howto | covered | Heat pump settings
n the heat pump curve
n flow temperature of the heat pump
n quiet hours for the outdoor unit
de die Heizkurve der Wärmepumpe
es la curva de la bomba de calor
fr la courbe de la pompe à chaleur
q outdoor unit starts and stops every few minutes
q neighbours complain about the fan at night
q radiators stay lukewarm when it freezes outside
f The curve sets the flow temperature for each outdoor temperature; lower it step by step.
f Short cycling often goes away with a longer minimum run time of twenty minutes.
f Quiet hours limit the compressor to sixty per cent and may delay hot water.
f Keep room valves open, because a heat pump needs a steady flow.
# tariff | chat | howto | covered | Time-of-use tariff
n the time-of-use tariff
n cheap hours at night
n importing my electricity prices
de der zeitvariable Stromtarif
es la tarifa por horas
fr le tarif heures creuses
q when is power cheapest tomorrow and will it use that
q it boiled the water in the most expensive hour of the day
q my supplier changed the price windows last week
f Enter price windows under Energy, Tariff, or let the app read them from your supplier.
f Smart heating moves up to three hours of load into cheap windows within comfort limits.
f Day-ahead prices arrive at about two in the afternoon and replace the default windows.
f A tariff change takes effect at midnight of the chosen day.
# invoice | chat | billing | covered | Understand an invoice
n the monthly invoice
n an extra line on my bill
n the date of the billing cycle
de die Position auf meiner Rechnung
es el cargo extra en mi factura
fr une ligne de ma facture
q why was I charged twice in March
q there is a service item that I never ordered
q can I get a copy with the company address on it
f Invoices are issued on the day of the month on which the plan began.
f After a change of plan the first invoice holds a part of both plans.
f The address can be corrected until thirty days after the date of issue.
f Every invoice can be downloaded as a PDF for ten years.
# refund | chat | billing | covered | Refunds and cancelling
n a refund
n cancelling the premium plan
n money back for a returned device
de die Rückerstattung nach der Kündigung
es el reembolso tras la cancelación
fr le remboursement après résiliation
q I sent the box back three weeks ago and nothing came
q please stop the yearly renewal before it bills me
q plan ended but my card was used again
f Refunds go to the original means of payment within ten working days.
f A yearly plan can be cancelled up to the day before it renews.
f Devices are refunded within 30 days of delivery if all parts are in the box.
f After cancelling, premium functions stay on until the paid period ends.
# moving | chat | account | covered | Move to another home
n moving to a new house
n handing the thermostat to the next tenant
n transferring my home to a new address
de der Umzug in eine neue Wohnung
es la mudanza a otra casa
fr le déménagement
q we leave the flat in June and the devices stay on the wall
q the previous owner still controls my heating
q can I keep the history when the address changes
f Use Home, Transfer to hand devices over; the new owner gets a link valid for seven days.
f Remove a device only after the transfer, otherwise it must be reset by hand.
f History stays with your account and is never shown to the next person.
f A previous owner is removed by a factory reset at the wall unit.
# sharing | chat | account | covered | Share a home with others
n sharing the home with my family
n rights of a guest
n removing a former flatmate
de das Teilen der Wohnung mit der Familie
es compartir la casa con la familia
fr le partage du logement avec la famille
q my daughter should change her room and nothing else
q somebody I do not know is listed in my household
q invitation mail never arrives
f A home has one owner and up to ten members; guests see rooms but no history.
f Rights can be limited to single rooms and to a temperature range.
f Removing a member signs out all of their phones within a minute.
f An invitation link expires after 48 hours and can be sent again.
# solar | chat | howto | covered | Solar export
n solar export readings
n feeding surplus power to the grid
n the solar forecast
de die Einspeisung der Solaranlage
es la exportación de la energía solar
fr l'export de l'énergie solaire
q panels made a lot at noon but the app shows zero
q inverter and app disagree by almost a third
q does it heat the tank with surplus before it sells
f Export is read from the inverter every five minutes and corrected by the meter at night.
f Surplus first goes to hot water if Solar boost is on, then to the grid.
f A negative value means that the clamp is mounted the wrong way round.
f Forecasts use the angle and direction of the panels from the installer's report.
# firmware | chat | troubleshoot | covered | Firmware updates
n a firmware update
n the update that hangs at 60 per cent
n going back to an older firmware
de das Firmware-Update
es la actualización del firmware
fr la mise à jour du micrologiciel
q screen says installing since last night
q everything is slower after version 5.2
q can I choose when devices restart
f Updates install between two and four at night when the home is idle.
f A hanging update is restarted by taking the unit off the wall plate for ten seconds.
f Older firmware cannot be installed, because keys are renewed with each version.
f Release notes are listed under Device, About, Versions.
# alerts | chat | howto | covered | Notifications
n push notifications
n the weekly energy mail
n turning off low battery warnings
de die Benachrichtigungen auf dem Handy
es las notificaciones en el móvil
fr les notifications sur le téléphone
q my phone buzzes at three in the morning about batteries
q I want a message when the boiler stops
q no summary came last Monday
f Choose for each message whether it comes as push, mail or not at all.
f Night rest holds everything but safety messages until seven in the morning.
f Batteries are reported at fifteen per cent and again at five.
f The weekly mail is sent on Mondays if at least three days have data.
# hotwater | chat | howto | covered | Hot water tank
n the hot water tank
n legionella protection
n the boost button for hot water
de der Warmwasserspeicher
es el depósito de agua caliente
fr le ballon d'eau chaude
q second shower in the morning is always cold
q tank heats to 65 once a week, is that on purpose
q how long does one boost last
f The tank keeps 48 to 55 degrees and follows its own schedule.
f Once a week it is heated to 65 degrees against germs; do not turn this off.
f Boost heats the tank once to its maximum and then returns to the plan.
f A household of four needs about 200 litres a day.
# carcharger | chat | howto | filled | Charging an electric car
n charging the electric car
n the limit of the wall charger
n charging with surplus solar power
de das Laden des Elektroautos
es la carga del coche eléctrico
fr la recharge de la voiture électrique
q car is only half full in the morning although it was plugged in all night
q breaker trips when the oven and the car draw together
q can it wait for the cheap window before it starts on the car
f Load balancing lowers the charging current when the home draws more than its main fuse.
f Set a departure time and charging moves into the cheapest hours before it.
f Solar only charging starts at 1.4 kW of surplus and pauses below that.
f A charger is added under Energy, Add device, Charger with the code inside its lid.
# battery | chat | howto | gap | Home battery backup
n the home battery
n backup power during an outage
n the reserve level of the storage
de der Heimspeicher bei Stromausfall
es la batería doméstica
fr la batterie domestique
q grid was down for an hour and the house went dark despite the storage
q how much charge is held back for emergencies
q storage empties itself overnight into nothing
# humidity | chat | troubleshoot | gap | Humidity and mould
n humidity control
n mould in the bathroom corner
n the dehumidifier
de die Luftfeuchtigkeit und der Schimmel
es la humedad y el moho
fr l'humidité et la moisissure
q windows are wet every morning in the bedroom
q which moisture value is still healthy
q black spots behind the wardrobe, does the sensor warn me
# phases | chat | troubleshoot | gap | Three-phase metering
n the three-phase meter
n current per phase
n clamps on three phases
de die Messung auf drei Phasen
es el contador trifásico
fr le compteur triphasé
q one of the lines shows minus although nothing is exported
q installer wired L2 and L3 the other way round, can I swap them in software
q sum of the lines does not match the utility meter
# holidaylet | chat | account | gap | Holiday lets
n rules for a holiday let
n heating between two bookings
n limits for paying guests
de die Regeln für die Ferienwohnung
es las reglas del piso turístico
fr les règles de la location saisonnière
q visitors put it to thirty degrees and leave the balcony open
q connect the booking calendar so that it is warm on arrival
q can I bill energy to the people who rent by the week
# cooling | chat | howto | gap | Air conditioning
n the air conditioner
n cooling through the ceiling
n switching from heating to cooling
de die Klimaanlage im Sommer
es el aire acondicionado
fr la climatisation
q upstairs it is unbearable in August, can the same unit cool
q condensation drips when I cool below twenty
q fan coil ignores the target temperature
# post | content | creative | covered | Social posts
n a short post about saving heat
n three posts for the launch of the new valve
n a friendly caption on winter comfort
de ein kurzer Beitrag über Heizkosten
es una publicación sobre el ahorro de energía
fr un message sur les économies d'énergie
q make people curious about our spring check without sounding pushy
q turn the attached notes into something for a feed
f House style: short sentences, one idea a post, no exclamation marks.
f Posts name one number that readers can check and one thing they can do today.
f Avoid promises about savings; say up to and give the conditions.
# newsletter | content | creative | covered | Newsletters
n the monthly newsletter
n an introduction for the winter issue
n a newsletter for installers
de der Newsletter für Installateure
es el boletín mensual
fr la lettre d'information mensuelle
q two paragraphs that lead from the storm to checking your boiler
q subject lines that are not boring, five of them
f A newsletter opens with a question of a customer and answers it in the first paragraph.
f Subject lines have at most 48 characters and no capitals.
f Every issue ends with one call to action and the unsubscribe line.
# product | content | creative | covered | Product texts
n the product page of the room sensor
n a comparison of both plans
n a description for the shop
de die Produktbeschreibung des Fühlers
es la descripción del producto
fr la fiche du produit
q same facts, half the length, for people who rent
q rewrite the technical sheet so that my mother understands it
f Product texts give use before features and features before numbers.
f Dimensions and ranges come from the data sheet and are never rounded.
f Plans are compared in a table of at most six rows.
# illustration | pictures | creative | covered | Illustrations
n a cosy living room in winter
n a header picture for the article on heat pumps
n an icon set for rooms
de ein gemütliches Wohnzimmer im Winter
es un salón acogedor en invierno
fr un salon chaleureux en hiver
q snow outside, warm light inside, no people, space for a title on the left
q same scene as before but in the evening
f Pictures show homes that look lived in, without brands and without faces.
f Headers leave the left third calm for a title.
# photoedit | pictures | creative | covered | Picture editing
n removing cables from a photo
n a brighter version of this picture
n another background for the sensor
de ein helleres Bild vom Thermostat
es una versión más clara de la foto
fr une version plus claire de la photo
q crop to square and keep the dial in the middle
q take out the reflection in the display
f Edits keep the colours of the device and never change its shape.
# clip | video | creative | covered | Short clips
n a clip that shows the setup in one minute
n a teaser for the spring check
n a loop of the rotating dial
de ein kurzer Film über die Einrichtung
es un vídeo corto de instalación
fr une courte vidéo d'installation
q hands, a dial, a smile of relief, and the logo at the end
q slower start, and text on screen for people without sound
f Clips work without sound and show text for at least two seconds.
# storyboard | video | creative | covered | Storyboards
n a storyboard for the heat pump film
n six scenes for a training video
n a voice-over for the sensor video
de ein Drehbuch für den Lehrfilm
es un guion para el vídeo de formación
fr un scénarimage pour la formation
q split the manual page into scenes of five seconds
q what comes first if viewers leave after ten seconds
f A storyboard has one thought a scene and at most twelve scenes.
"""


@dataclass(frozen=True)
class Topic:
    """One subject of questions; `facts` are what the knowledge base can say about it."""

    topic_id: str
    surface: str
    query_type: str
    coverage: str  # covered, gap, or filled: lacking until an article is published
    title: str
    names: dict[str, list[str]] = field(default_factory=dict)  # by language
    questions: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)


def _parse(text: str) -> list[Topic]:
    topics: list[Topic] = []
    for line in text.strip().splitlines():
        mark, _, phrase = line.partition(" ")
        if mark == "#":
            topic_id, surface, query_type, coverage, title = phrase.split(" | ")
            topics.append(Topic(topic_id, surface, query_type, coverage, title))
        elif mark == "q":
            topics[-1].questions.append(phrase)
        elif mark == "f":
            topics[-1].facts.append(phrase)
        else:
            topics[-1].names.setdefault("en" if mark == "n" else mark, []).append(phrase)
    return topics


TOPICS = _parse(_TEXT)
TECHNICAL_TERMS = (
    "MQTT topic",
    "REST API",
    "Modbus register",
    "PID parameter",
    "OAuth token",
    "JSON payload",
    "VLAN",
    "relay output",
    "TLS certificate",
    "hysteresis",
)
